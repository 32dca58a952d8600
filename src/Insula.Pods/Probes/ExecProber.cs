using System.Globalization;
using System.Text;
using Insula.Sandbox;
using Insula.Sandbox.Exec;

namespace Insula.Pods.Probes;

/// <summary>
/// A command probe: exit code 0 is a success. At its timeout the command ends with everything it started; of its output
/// at most 10 KiB is kept. A command that cannot be started is a failure: unlike in the kubelet, which ignores it, a
/// liveness probe with a misspelt command shows.
/// </summary>
internal static class ExecProber
{
    private const int MaxOutput = 10 * 1024;

    public static async Task<ProbeResult> ProbeAsync(PodSandbox sandbox, ExecSpec spec, TimeSpan timeout)
    {
        try
        {
            // Its own timeout, which ends the whole tree before it returns; no other may cut in and lose what it tells.
            var outcome = await sandbox.RunAsync(spec, timeout, MaxOutput, CancellationToken.None);
            if (outcome.Result is not { } result)
            {
                return ProbeResult.Failure(string.Create(
                    CultureInfo.InvariantCulture, $"command timed out: \"{string.Join(' ', spec.Args)}\" timed out after {timeout.TotalSeconds}s"));
            }

            if (result.Code == 0)
            {
                return ProbeResult.Success;
            }

            var output = Printable(outcome.Output.Span);
            return ProbeResult.Failure(output.Length > 0
                ? output
                : string.Create(CultureInfo.InvariantCulture, $"command \"{string.Join(' ', spec.Args)}\" ended with exit code {result.Code}"));
        }
        catch (SandboxException e)
        {
            return ProbeResult.Failure(e.Message);
        }
    }

    // Output ends up in events and on terminals: control characters other than line breaks and tabs are shown as dots.
    private static string Printable(ReadOnlySpan<byte> output)
    {
        var text = Encoding.UTF8.GetString(output).TrimEnd();
        return string.Create(text.Length, text, static (span, source) =>
        {
            for (var i = 0; i < span.Length; i++)
            {
                span[i] = char.IsControl(source[i]) && source[i] is not ('\n' or '\t') ? '.' : source[i];
            }
        });
    }
}
