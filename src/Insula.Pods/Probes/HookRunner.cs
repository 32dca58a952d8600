using System.Globalization;
using Insula.Api.Core;
using Insula.Sandbox;
using Insula.Sandbox.Exec;

namespace Insula.Pods.Probes;

/// <summary>Runs the hooks of containers, by the means of the probes.</summary>
internal sealed class HookRunner(ProbeRunner probes, TimeProvider clock)
{
    // What a hook says is shown nowhere: it may hold what is not everybody's to read.
    private const int NoOutput = 0;

    /// <summary>Longer than any container lives: a hook without a deadline ends with its container at the latest.</summary>
    private static readonly TimeSpan Unlimited = TimeSpan.FromDays(40);

    /// <summary>Runs one to its end; null when that was well, else what went wrong.</summary>
    /// <param name="handler">What it does.</param>
    /// <param name="container">Its container.</param>
    /// <param name="sandbox">The sandbox.</param>
    /// <param name="address">The pod's address.</param>
    /// <param name="hostNetwork">Whether the pod is in the host's network.</param>
    /// <param name="exec">Makes the command of an exec hook.</param>
    /// <param name="limit">How long it may take; null for as long as the container lives.</param>
    /// <param name="cancellationToken">The container has ended.</param>
    public async Task<string?> RunAsync(
        LifecycleHandler handler, Container container, PodSandbox sandbox, string address, bool hostNetwork,
        Func<IReadOnlyList<string>, ExecSpec> exec, TimeSpan? limit, CancellationToken cancellationToken)
    {
        using var deadline = new CancellationTokenSource(limit ?? Unlimited, clock);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, deadline.Token);
        try
        {
            if (handler.Exec is { } command)
            {
                return await ExecAsync(sandbox, exec(command.Command) with { KeepDescendants = true }, limit ?? Unlimited, cancellationToken);
            }

            if (handler.HttpGet is { } get)
            {
                var result = await probes.CallAsync(get, container, address, hostNetwork ? null : sandbox.NetworkNamespace, either.Token);
                return result.Ok ? null : result.Message;
            }

            if (handler.Sleep is { } sleep)
            {
                await Task.Delay(TimeSpan.FromSeconds(sleep.Seconds), clock, either.Token);
            }

            return null;
        }
        catch (OperationCanceledException)
        {
            return deadline.IsCancellationRequested && !cancellationToken.IsCancellationRequested
                ? string.Create(CultureInfo.InvariantCulture, $"it had not ended after {limit?.TotalSeconds:0.###}s")
                : "the container ended before it";
        }
        catch (Exception e) when (e is SandboxException or IOException)
        {
            // Whatever kept it from running, it has failed: the container waits to be told.
            return e.Message;
        }
    }

    private static async Task<string?> ExecAsync(PodSandbox sandbox, ExecSpec spec, TimeSpan limit, CancellationToken cancellationToken)
    {
        var outcome = await sandbox.RunAsync(spec, limit, NoOutput, cancellationToken);
        return outcome.Result switch
        {
            null => string.Create(CultureInfo.InvariantCulture, $"the command had not ended after {limit.TotalSeconds:0.###}s"),
            { Code: 0 } => null,
            { } result => string.Create(CultureInfo.InvariantCulture, $"the command ended with exit code {result.Code}"),
        };
    }
}
