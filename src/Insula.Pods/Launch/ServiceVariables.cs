using System.Globalization;
using System.Text;
using Insula.Api.Core;
using Insula.Pods.Lifecycle;

namespace Insula.Pods.Launch;

/// <summary>The variables by which a container finds the Services of its namespace, as the kubelet has them. Pure.</summary>
internal static class ServiceVariables
{
    /// <summary>The most bytes they may have together: arguments and environment of a program have two mebibytes, and others are to fit in, too.</summary>
    public const int MostBytes = 512 * 1024;

    /// <summary>The variables of Services that have an address.</summary>
    /// <exception cref="LaunchRefusedException">There are so many that no program could be started with them.</exception>
    public static IReadOnlyList<(string Name, string Value)> Of(IEnumerable<Service> services)
    {
        var variables = services.Where(s => s.Spec.HasAddress && s.Spec.Ports.Count > 0).OrderBy(s => s.Metadata.Name, StringComparer.Ordinal).SelectMany(One).ToList();

        // Each has its '=' and its end, and a pointer.
        var bytes = variables.Sum(v => Encoding.UTF8.GetByteCount(v.Name) + Encoding.UTF8.GetByteCount(v.Value) + 2 + sizeof(long));
        return bytes <= MostBytes ? variables : throw new LaunchRefusedException(
            Reasons.CreateContainerConfigError,
            string.Create(CultureInfo.InvariantCulture, $"spec.enableServiceLinks: the Services of the namespace make {variables.Count} variables of {bytes} bytes, more than the {MostBytes} that leave room for others: set it to false, and find Services by other means"));
    }

    private static IEnumerable<(string Name, string Value)> One(Service service)
    {
        var name = Word(service.Metadata.Name);
        var address = service.Spec.ClusterIP!;
        var ports = service.Spec.Ports;
        yield return ($"{name}_SERVICE_HOST", address);
        yield return ($"{name}_SERVICE_PORT", Number(ports[0].Port));
        foreach (var port in ports.Where(p => !string.IsNullOrEmpty(p.Name)))
        {
            yield return ($"{name}_SERVICE_PORT_{Word(port.Name!)}", Number(port.Port));
        }

        // Those of Docker's links.
        yield return ($"{name}_PORT", Url(ports[0]));
        foreach (var port in ports)
        {
            var protocol = port.Protocol ?? Protocols.TCP;
            var prefix = $"{name}_PORT_{Number(port.Port)}_{protocol}";
            yield return (prefix, Url(port));
            yield return ($"{prefix}_PROTO", protocol.ToLowerInvariant());
            yield return ($"{prefix}_PORT", Number(port.Port));
            yield return ($"{prefix}_ADDR", address);
        }

        string Url(ServicePort port) => $"{(port.Protocol ?? Protocols.TCP).ToLowerInvariant()}://{address}:{Number(port.Port)}";
    }

    private static string Word(string name) => name.ToUpperInvariant().Replace('-', '_');

    private static string Number(int number) => number.ToString(CultureInfo.InvariantCulture);
}
