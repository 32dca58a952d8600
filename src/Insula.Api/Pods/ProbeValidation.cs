using Insula.Api.Core;
using Insula.Api.Validation;
using Insula.Api.Values;

namespace Insula.Api.Pods;

/// <summary>Checks probes.</summary>
internal static class ProbeValidation
{
    private const int ShortestPeriod = 10; // milliseconds: what is checked more often is not left to do anything else

    public static void Liveness(ErrorList at, Probe? probe)
    {
        Any(at, probe);
        OnlyOneSuccess(at, probe);
    }

    public static void Startup(ErrorList at, Probe? probe)
    {
        Any(at, probe);
        OnlyOneSuccess(at, probe);
    }

    public static void Readiness(ErrorList at, Probe? probe)
    {
        Any(at, probe);
        if (probe?.TerminationGracePeriodSeconds is { } grace)
        {
            at.Field("terminationGracePeriodSeconds").Invalid(grace, "must not be set for readinessProbes");
        }
    }

    /// <summary>The whole seconds that stand for milliseconds where only those are known.</summary>
    public static int RoundedUp(int milliseconds) => (int)Math.Ceiling(milliseconds / 1000.0);

    private static void Finely(ErrorList at, string name, int? milliseconds, int? seconds, int least)
    {
        if (milliseconds is not { } given)
        {
            return;
        }

        if (given < least)
        {
            at.Field(name + "Milliseconds").Invalid(given, $"must be greater than or equal to {least}");
        }
        else if (seconds is { } whole && whole != RoundedUp(given))
        {
            at.Field(name + "Seconds").Invalid(whole, $"must be {RoundedUp(given)}, which is {name}Milliseconds rounded up, or be left out");
        }
    }

    private static void OnlyOneSuccess(ErrorList at, Probe? probe)
    {
        if (probe?.SuccessThreshold is { } threshold and not 1)
        {
            at.Field("successThreshold").Invalid(threshold, "must be 1");
        }

        if (probe?.TerminationGracePeriodSeconds is { } grace and <= 0)
        {
            at.Field("terminationGracePeriodSeconds").Invalid(grace, "must be greater than 0");
        }
    }

    private static void Any(ErrorList at, Probe? probe)
    {
        if (probe is null)
        {
            return;
        }

        Handlers(at, probe);
        at.Field("initialDelaySeconds").NotNegative(probe.InitialDelaySeconds);
        at.Field("timeoutSeconds").NotNegative(probe.TimeoutSeconds);
        at.Field("periodSeconds").NotNegative(probe.PeriodSeconds);
        Finely(at, "initialDelay", probe.InitialDelayMilliseconds, probe.InitialDelaySeconds, 0);
        Finely(at, "timeout", probe.TimeoutMilliseconds, probe.TimeoutSeconds, 1);
        Finely(at, "period", probe.PeriodMilliseconds, probe.PeriodSeconds, ShortestPeriod);
        at.Field("successThreshold").NotNegative(probe.SuccessThreshold);
        at.Field("failureThreshold").NotNegative(probe.FailureThreshold);
    }

    private static void Handlers(ErrorList at, Probe probe)
    {
        var handlers = new List<string>();
        if (probe.Exec is { } exec)
        {
            handlers.Add("exec");
            Command(at.Field("exec").Field("command"), exec);
        }

        if (probe.HttpGet is { } get)
        {
            handlers.Add("httpGet");
            Http(at.Field("httpGet"), get);
        }

        if (probe.TcpSocket is { } tcp)
        {
            handlers.Add("tcpSocket");
            Port(at.Field("tcpSocket").Field("port"), tcp.Port);
            at.Field("tcpSocket").Field("host").Plain(tcp.Host);
        }

        if (probe.Grpc is { } grpc)
        {
            handlers.Add("grpc");
            at.Field("grpc").Field("port").Range(grpc.Port, 1, 65535);
            at.Field("grpc").Field("service").Plain(grpc.Service);
        }

        if (handlers.Count == 0)
        {
            at.Required("must specify a handler type: exec, httpGet, tcpSocket or grpc");
        }

        foreach (var more in handlers.Skip(1))
        {
            at.Field(more).Forbidden("may not specify more than 1 handler type");
        }
    }

    internal static void Command(ErrorList at, ExecAction exec)
    {
        at.WithoutNul(exec.Command);
        if (exec.Command.Count == 0)
        {
            at.Required();
        }
    }

    internal static void Http(ErrorList at, HttpGetAction get)
    {
        if (get.Path is "")
        {
            at.Field("path").Required();
        }
        else if (get.Path?.Any(c => c == ' ' || char.IsControl(c)) == true)
        {
            // It becomes part of the request line.
            at.Field("path").Invalid(get.Path, "must not contain spaces or control characters; write a space as %20");
        }

        at.Field("host").Plain(get.Host);
        Port(at.Field("port"), get.Port);
        for (var i = 0; i < get.HttpHeaders.Count; i++)
        {
            var header = at.Field("httpHeaders").Index(i);
            header.Field("name").Name(get.HttpHeaders[i].Name, Names.HeaderName);
            if (get.HttpHeaders[i].Value.Any(c => c != '\t' && char.IsControl(c)))
            {
                header.Field("value").Invalid(get.HttpHeaders[i].Value, "must not contain line breaks or other control characters");
            }
        }
    }

    private static void Port(ErrorList at, IntOrString port)
    {
        if (port.Text is { } name)
        {
            at.Name(name, Names.PortName);
        }
        else
        {
            at.Range(port.Number, 1, 65535);
        }
    }
}
