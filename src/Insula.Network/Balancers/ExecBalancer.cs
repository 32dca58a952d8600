using System.ComponentModel;
using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using System.Text;
using System.Text.Json.Nodes;
using Insula.Api.Core;
using Insula.Linux.Netlink;

namespace Insula.Network.Balancers;

/// <summary>
/// Services' ways in from a program of the operator's: it is started for each request, reads it from its standard input and writes the answer.
/// What it gives is believed as far as it takes nothing of this machine's or of another Service's.
/// </summary>
/// <param name="network">The network, started.</param>
/// <param name="program">The program's path.</param>
/// <param name="node">This machine's name.</param>
/// <param name="holder">Who has a port of an address already; null for nobody.</param>
public sealed class ExecBalancer(PodNetwork network, string program, string node, Func<BalancerName, IPAddress, BalancerPort, string?> holder) : ILoadBalancerProvider, IDisposable
{
    /// <summary>How long it may take.</summary>
    public static readonly TimeSpan Deadline = TimeSpan.FromSeconds(30);

    private const int MostOutput = 1 << 20;
    private const int AtOnce = 4;

    private readonly SemaphoreSlim _free = new(AtOnce, AtOnce);

    /// <inheritdoc/>
    public Task<BalancerAnswer> EnsureAsync(BalancerRequest request, CancellationToken ct) => GiveAsync(ExecProtocol.Ensure, request, ct);

    /// <inheritdoc/>
    public Task<BalancerAnswer> UpdateAsync(BalancerRequest request, CancellationToken ct) => GiveAsync(ExecProtocol.Update, request, ct);

    /// <inheritdoc/>
    public Task DeleteAsync(BalancerName name, CancellationToken ct) => AskAsync(ExecProtocol.AskOf(ExecProtocol.Delete, node, name), ct);

    /// <inheritdoc/>
    public async Task<IReadOnlyList<BalancerName>> ListAsync(CancellationToken ct)
    {
        var text = await AskAsync(ExecProtocol.AskOf(ExecProtocol.List, node, null), ct).ConfigureAwait(false);
        try
        {
            return ExecProtocol.ReadList(text);
        }
        catch (FormatException e)
        {
            throw Failed(e.Message, e);
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _free.Dispose();

    private async Task<BalancerAnswer> GiveAsync(string action, BalancerRequest request, CancellationToken ct)
    {
        var text = await AskAsync(ExecProtocol.Ask(action, node, request), ct).ConfigureAwait(false);
        try
        {
            var answer = ExecProtocol.ReadIngress(text, request);
            if (answer is BalancerAnswer.Given given)
            {
                var own = await network.OnHostAsync(w => w.Routes.GetAddresses(rtnetlink.AF_UNSPEC).Select(a => a.Address).ToHashSet()).WaitAsync(ct).ConfigureAwait(false);
                foreach (var ingress in given.Ingress.Where(i => i.Ip is not null && i.IpMode == IpModes.Vip))
                {
                    Check(IPAddress.Parse(ingress.Ip!), request, own);
                }
            }

            return answer;
        }
        catch (FormatException e)
        {
            throw Failed(e.Message, e);
        }
    }

    /// <summary>Packets to such an address are led to the Service, wherever they come from: it must not be what others reach otherwise.</summary>
    private void Check(IPAddress address, BalancerRequest request, HashSet<IPAddress> own)
    {
        if (IPFamilies.Of(address.ToString()) is not { } family || !request.Families.Contains(family))
        {
            throw new FormatException($"{address} is of a family that the Service does not have: its ipFamilies are {string.Join(", ", request.Families)}");
        }

        if (own.Contains(address))
        {
            throw new FormatException($"{address} is an address of this machine: its ports are given by insula.dev/host");
        }

        if (IPAddress.IsLoopback(address) || IsOfMany(address) || network.Ranges.Any(r => r.Contains(address)))
        {
            throw new FormatException($"{address} cannot be a Service's: it is of the loopback, of many, or of the range of pods or Services");
        }

        foreach (var port in request.Ports)
        {
            if (holder(request.Service, address, port) is { } other)
            {
                throw new FormatException($"the port {port.Port}/{port.Protocol} of {address} is taken by {other}");
            }
        }
    }

    private static bool IsOfMany(IPAddress address) => address.AddressFamily == AddressFamily.InterNetwork
        ? address.GetAddressBytes()[0] is 0 or >= 224
        : address.IsIPv6Multicast || address.IsIPv6LinkLocal || address.Equals(IPAddress.IPv6Any);

    private async Task<string> AskAsync(JsonObject question, CancellationToken ct)
    {
        await _free.WaitAsync(ct).ConfigureAwait(false);
        try
        {
            using var limit = CancellationTokenSource.CreateLinkedTokenSource(ct);
            limit.CancelAfter(Deadline);
            using var process = Process.Start(
                new ProcessStartInfo(program) { RedirectStandardInput = true, RedirectStandardOutput = true, RedirectStandardError = true, WorkingDirectory = "/" })
                ?? throw Failed("it cannot be started");
            try
            {
                return await ConverseAsync(process, question.ToJsonString(), limit.Token).ConfigureAwait(false);
            }
            catch (OperationCanceledException) when (!ct.IsCancellationRequested)
            {
                throw Failed($"it did not answer within {Deadline.TotalSeconds:0} s");
            }
            finally
            {
                if (!process.HasExited)
                {
                    process.Kill(entireProcessTree: true);
                }
            }
        }
        catch (Win32Exception e)
        {
            throw Failed($"it cannot be run: {e.Message}", e);
        }
        finally
        {
            _free.Release();
        }
    }

    private async Task<string> ConverseAsync(Process process, string question, CancellationToken ct)
    {
        var output = ReadAsync(process.StandardOutput.BaseStream, ct);
        var errors = ReadAsync(process.StandardError.BaseStream, ct);
        try
        {
            await process.StandardInput.WriteLineAsync(question.AsMemory(), ct).ConfigureAwait(false);
            process.StandardInput.Close();
        }
        catch (IOException)
        {
            // It does not read what it is asked, or has ended: its exit says.
        }

        await Task.WhenAll(output, errors).ConfigureAwait(false);
        await process.WaitForExitAsync(ct).ConfigureAwait(false);
        return process.ExitCode == 0
            ? await output.ConfigureAwait(false)
            : throw Failed(ExecProtocol.Cut(await errors.ConfigureAwait(false)) is { Length: > 0 } said ? said : $"it ended with {process.ExitCode}");
    }

    private async Task<string> ReadAsync(Stream stream, CancellationToken ct)
    {
        using var all = new MemoryStream();
        var buffer = new byte[4096];
        int length;
        while ((length = await stream.ReadAsync(buffer, ct).ConfigureAwait(false)) > 0)
        {
            if (all.Length + length > MostOutput)
            {
                throw Failed($"it writes more than {MostOutput} bytes");
            }

            all.Write(buffer, 0, length);
        }

        return Encoding.UTF8.GetString(all.GetBuffer(), 0, (int)all.Length);
    }

    private NetworkException Failed(string why, Exception? inner = null) => new($"{program}: {why}", inner);
}
