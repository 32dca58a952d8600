using System.Text.RegularExpressions;

namespace Insula.Api.Pods;

/// <summary>Names of sysctls as Kubernetes reads them (component-helpers/node/util/sysctl), and what they mean to the kernel.</summary>
public static partial class SysctlNames
{
    /// <summary>Longest name.</summary>
    public const int MaxLength = 253;

    private const string Segment = "[a-z0-9]([-_a-z0-9]*[a-z0-9])?";
    private const string PatternSegment = "([a-z0-9][-_a-z0-9]*)?[a-z0-9*]";

    /// <summary>The form of a name, as messages show it.</summary>
    public const string Form = $"^({Segment}[\\./])*{Segment}$";

    /// <summary>The form of a pattern, as messages show it.</summary>
    public const string PatternForm = $"({Segment}[\\./])*{PatternSegment}";

    // The first separator decides which of the two it is.
    private static readonly char[] _separators = ['.', '/'];

    private static readonly HashSet<string> _ipc =
    [
        "kernel.sem", "kernel.shmall", "kernel.shmmax", "kernel.shmmni", "kernel.shm_rmid_forced", "kernel.msgmax", "kernel.msgmnb", "kernel.msgmni",
    ];

    /// <summary>Whether the text is a name: lower-case segments, joined by dots or slashes.</summary>
    public static bool IsValid(string name) => name.Length <= MaxLength && NameExpression().IsMatch(name);

    /// <summary>Whether the text is a name, or the beginning of names with a <c>*</c> after it.</summary>
    public static bool IsValidPattern(string pattern) => pattern.Length <= MaxLength && PatternExpression().IsMatch(pattern);

    /// <summary>
    /// The name with dots between its parts. Where the first separator is a slash, slashes separate, and dots (of an interface's name, say)
    /// become slashes: <c>net/ipv4/conf/eth0.100/rp_filter</c> is <c>net.ipv4.conf.eth0/100.rp_filter</c>, see sysctl.d(5).
    /// </summary>
    public static string Normalize(string name) =>
        name.IndexOfAny(_separators) is var first && first >= 0 && name[first] == '/' ? Exchange(name) : name;

    /// <summary>The path of a normalised name below <c>/proc/sys</c>.</summary>
    public static string PathOf(string normalized) => Exchange(normalized);

    /// <summary>Which namespace a normalised name, or beginning of names, is known to belong to.</summary>
    public static SysctlNamespace NamespaceOf(string normalized) =>
        _ipc.Contains(normalized) || normalized.StartsWith("fs.mqueue.", StringComparison.Ordinal) ? SysctlNamespace.Ipc
        : normalized.StartsWith("net.", StringComparison.Ordinal) ? SysctlNamespace.Net
        : SysctlNamespace.Unknown;

    /// <summary>Whether the text can be a value: what sysctls of namespaces take. Neither a new line nor what joins settings elsewhere (CVE-2022-0811).</summary>
    public static bool IsValidValue(string value) => value.All(c => char.IsAsciiLetterOrDigit(c) || c is ' ' or '\t' or ',' or '-' or '.' or '_' or ':' or '/');

    private static string Exchange(string name) =>
        string.Create(name.Length, name, static (to, from) =>
        {
            for (var i = 0; i < from.Length; i++)
            {
                to[i] = from[i] switch { '.' => '/', '/' => '.', var c => c };
            }
        });

    // \z and not $, which would let a new line pass at the end.
    [GeneratedRegex($"^({Segment}[./])*{Segment}\\z")]
    private static partial Regex NameExpression();

    [GeneratedRegex($"^({Segment}[./])*{PatternSegment}\\z")]
    private static partial Regex PatternExpression();
}
