using System.Text;
using Insula.Pods.Lifecycle;

namespace Insula.Pods.Launch;

/// <summary>
/// Kubernetes' <c>$(NAME)</c> in commands, arguments and values: a known name is replaced, an unknown one stays as it is
/// written, <c>$$</c> is a dollar sign and shields what follows.
/// </summary>
internal static class VariableExpansion
{
    public static string Expand(string text, IReadOnlyDictionary<string, string> values) =>
        Expand(text, name => values.TryGetValue(name, out var value) ? value : $"$({name})");

    /// <summary>The same where every name must be known.</summary>
    /// <exception cref="LaunchRefusedException">One is not; in the kubelet's words.</exception>
    public static string ExpandKnown(string text, IReadOnlyDictionary<string, string> values) =>
        Expand(text, name => values.TryGetValue(name, out var value) ? value
            : throw new LaunchRefusedException(Reasons.CreateContainerConfigError, $"failed to expand \"{text}\": missing value for \"{name}\""));

    private static string Expand(string text, Func<string, string> valueOf)
    {
        if (!text.Contains('$', StringComparison.Ordinal))
        {
            return text;
        }

        var result = new StringBuilder(text.Length);
        for (var at = 0; at < text.Length; at++)
        {
            if (text[at] != '$' || at + 1 == text.Length)
            {
                result.Append(text[at]);
                continue;
            }

            at++;
            if (text[at] == '$')
            {
                result.Append('$');
            }
            else if (text[at] == '(' && text.IndexOf(')', at) is var end and >= 0)
            {
                result.Append(valueOf(text[(at + 1)..end]));
                at = end;
            }
            else
            {
                result.Append('$').Append(text[at]);
            }
        }

        return result.ToString();
    }
}
