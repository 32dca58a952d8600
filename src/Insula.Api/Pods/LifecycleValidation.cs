using Insula.Api.Core;
using Insula.Api.Validation;

namespace Insula.Api.Pods;

/// <summary>Checks hooks and stop signals.</summary>
internal static class LifecycleValidation
{
    private static readonly string[] _signals =
    [
        "SIGABRT", "SIGALRM", "SIGBUS", "SIGCHLD", "SIGCLD", "SIGCONT", "SIGFPE", "SIGHUP", "SIGILL", "SIGINT", "SIGIO", "SIGIOT", "SIGKILL", "SIGPIPE",
        "SIGPOLL", "SIGPROF", "SIGPWR", "SIGQUIT", "SIGSEGV", "SIGSTKFLT", "SIGSTOP", "SIGSYS", "SIGTERM", "SIGTRAP", "SIGTSTP", "SIGTTIN", "SIGTTOU",
        "SIGURG", "SIGUSR1", "SIGUSR2", "SIGVTALRM", "SIGWINCH", "SIGXCPU", "SIGXFSZ", "SIGRTMIN", "SIGRTMAX",
        .. Enumerable.Range(1, 15).Select(n => $"SIGRTMIN+{n}"), .. Enumerable.Range(1, 14).Select(n => $"SIGRTMAX-{n}"),
    ];

    public static void Validate(ErrorList at, Container container, PodSpec spec)
    {
        if (container.Lifecycle is not { } lifecycle)
        {
            return;
        }

        var grace = spec.TerminationGracePeriodSeconds ?? 30;
        Handler(at.Field("postStart"), lifecycle.PostStart, grace);
        Handler(at.Field("preStop"), lifecycle.PreStop, grace);
        if (lifecycle.StopSignal is not { } signal)
        {
            return;
        }

        if (spec.Os is null)
        {
            at.Field("stopSignal").Forbidden("may not be set for containers with empty `spec.os.name`");
        }

        if (!_signals.Contains(signal))
        {
            at.Field("stopSignal").Invalid(signal, "must be the name of a signal, e.g. SIGQUIT or SIGRTMIN+3");
        }
    }

    private static void Handler(ErrorList at, LifecycleHandler? handler, long grace)
    {
        if (handler is null)
        {
            return;
        }

        var actions = new List<string>();
        if (handler.Exec is { } exec)
        {
            actions.Add("exec");
            ProbeValidation.Command(at.Field("exec").Field("command"), exec);
        }

        if (handler.HttpGet is { } get)
        {
            actions.Add("httpGet");
            ProbeValidation.Http(at.Field("httpGet"), get);
        }

        if (handler.Sleep is { } sleep)
        {
            actions.Add("sleep");
            if (sleep.Seconds < 0 || sleep.Seconds > grace)
            {
                at.Field("sleep").Field("seconds").Invalid(sleep.Seconds, $"must be non-negative and at most terminationGracePeriodSeconds ({grace})");
            }
        }

        if (actions.Count == 0)
        {
            at.Required("must specify a handler type: exec, httpGet or sleep");
        }

        foreach (var more in actions.Skip(1))
        {
            at.Field(more).Forbidden("may not specify more than 1 handler type");
        }
    }
}
