using Insula.Api.Core;
using Insula.Api.Values;
using Insula.Linux;
using Insula.Linux.Sockets;
using Insula.Sandbox;
using Insula.Sandbox.Exec;

namespace Insula.Pods.Probes;

/// <summary>The schedule and the probers that all pods share.</summary>
internal sealed class ProbeRunner : IDisposable
{
    private readonly SocketLoop _loop = new();
    private readonly PodSockets _sockets;
    private readonly HttpProber _http;
    private readonly GrpcProber _grpc;

    /// <param name="clock">The machine's time, which the loop keeps by itself, or a test's.</param>
    public ProbeRunner(TimeProvider clock)
    {
        Schedule = new ProbeScheduler(clock == TimeProvider.System ? _loop : clock);
        Hooks = new HookRunner(this, clock);
        _sockets = new PodSockets(_loop);
        _http = new HttpProber(_sockets);
        _grpc = new GrpcProber(_sockets);
    }

    public ProbeScheduler Schedule { get; }

    public HookRunner Hooks { get; }

    /// <summary>Connections made inside pods' network namespaces.</summary>
    public PodSockets Sockets => _sockets;

    /// <summary>One probing of a container, ready to be put on the schedule.</summary>
    /// <param name="probe">The probe.</param>
    /// <param name="container">Its container: named ports are looked up in it.</param>
    /// <param name="address">The pod's address.</param>
    /// <param name="space">The pod's network namespace; null for the host's.</param>
    /// <param name="sandbox">The sandbox, for commands.</param>
    /// <param name="exec">Makes the command of an exec probe; called once, at the first probing.</param>
    public Func<CancellationToken, Task<ProbeResult>> Bind(
        Probe probe, Container container, string address, Descriptor? space, PodSandbox sandbox, Func<IReadOnlyList<string>, ExecSpec> exec)
    {
        if (probe.Exec is { } command)
        {
            // Resolving the user reads the image's files: once a start, not once a probing.
            var spec = new Lazy<ExecSpec>(() => exec(command.Command));
            var timeout = ProbeTimes.Of(probe).Timeout;
            return _ => Task.Run(() => ExecProber.ProbeAsync(sandbox, spec.Value, timeout), CancellationToken.None);
        }

        if (probe.HttpGet is { } http)
        {
            return PortOf(http.Port, container) is { } port
                ? ct => _http.ProbeAsync(new ProbeTarget(space, http.Host is { Length: > 0 } host ? host : address, port), http, ct)
                : Unknown(http.Port, container);
        }

        if (probe.TcpSocket is { } tcp)
        {
            return PortOf(tcp.Port, container) is { } port
                ? ct => TcpProber.ProbeAsync(_sockets, new ProbeTarget(space, tcp.Host is { Length: > 0 } host ? host : address, port), ct)
                : Unknown(tcp.Port, container);
        }

        if (probe.Grpc is { } grpc)
        {
            return ct => Task.Run(() => _grpc.ProbeAsync(new ProbeTarget(space, address, grpc.Port), grpc.Service, ct), ct);
        }

        return _ => Task.FromResult(ProbeResult.Failure($"container {container.Name}: the probe has no handler"));
    }

    /// <summary>One request of a hook: that it is answered is a success, whatever the status.</summary>
    public Task<ProbeResult> CallAsync(HttpGetAction http, Container container, string address, Descriptor? space, CancellationToken cancellationToken) =>
        PortOf(http.Port, container) is { } port
            ? _http.CallAsync(new ProbeTarget(space, http.Host is { Length: > 0 } host ? host : address, port), http, cancellationToken)
            : Unknown(http.Port, container)(cancellationToken);

    public void Dispose()
    {
        Schedule.Dispose();
        _loop.Dispose();
    }

    private static int? PortOf(IntOrString port, Container container) => !port.IsText ? port.Number
        : container.Ports.FirstOrDefault(p => p.Name == port.Text) is { } named ? named.Port
        : int.TryParse(port.Text, out var number) && number is > 0 and < 65536 ? number
        : null;

    private static Func<CancellationToken, Task<ProbeResult>> Unknown(IntOrString port, Container container) =>
        _ => Task.FromResult(ProbeResult.Failure($"container {container.Name} has no port named \"{port}\""));
}
