using System.Text.Json;
using Insula.Linux.Kernel;

namespace Insula.Linux.Seccomp;

/// <summary>
/// Reads seccomp profiles as files have them: the JSON of the OCI runtime specification, with what Docker and containers/common add
/// (<c>archMap</c>, <c>includes</c>, <c>excludes</c>, errors by name). Whatever it does not understand refuses the profile: a rule that is
/// passed over could be the one that matters.
/// </summary>
public sealed class SeccompProfileReader
{
    private const int Arguments = 6;
    private const uint FlagLog = 2;
    private const uint FlagSpecAllow = 4;
    private const ulong LargestErrno = 4095;

    private static readonly HashSet<string> _architectures =
    [
        "x86", "x86_64", "x32", "arm", "aarch64", "loongarch64", "m68k", "mips", "mips64", "mips64n32", "mipsel", "mipsel64", "mipsel64n32",
        "parisc", "parisc64", "ppc", "ppc64", "ppc64le", "riscv64", "s390", "s390x", "sh", "sheb",
    ];

    private static readonly Dictionary<string, SeccompComparison> _comparisons = new()
    {
        ["SCMP_CMP_NE"] = SeccompComparison.NotEqual,
        ["SCMP_CMP_LT"] = SeccompComparison.Less,
        ["SCMP_CMP_LE"] = SeccompComparison.LessOrEqual,
        ["SCMP_CMP_EQ"] = SeccompComparison.Equal,
        ["SCMP_CMP_GE"] = SeccompComparison.GreaterOrEqual,
        ["SCMP_CMP_GT"] = SeccompComparison.Greater,
        ["SCMP_CMP_MASKED_EQ"] = SeccompComparison.MaskedEqual,
    };

    private readonly SeccompTarget _target;

    private SeccompProfileReader(SeccompTarget target) => _target = target;

    /// <summary>Reads a profile for one process.</summary>
    /// <param name="json">The file's content.</param>
    /// <param name="target">Whom conditions are about.</param>
    /// <exception cref="SeccompException">It is not such a profile; the message names the place in it.</exception>
    public static SeccompProfile Read(ReadOnlyMemory<byte> json, SeccompTarget target)
    {
        try
        {
            using var document = JsonDocument.Parse(json, new JsonDocumentOptions { AllowDuplicateProperties = false });
            return new SeccompProfileReader(target).Profile(new Node(document.RootElement, ""));
        }
        catch (JsonException e)
        {
            throw new SeccompException($"not JSON: {e.Message}", e);
        }
    }

    private SeccompProfile Profile(Node root)
    {
        string? defaultAction = null;
        Node? error = null, errorName = null, architectures = null, archMap = null, syscalls = null;
        var flags = 0u;
        foreach (var (name, value) in root.Members())
        {
            switch (name)
            {
                case "defaultAction":
                    defaultAction = value.Text();
                    break;
                case "defaultErrnoRet":
                    error = value;
                    break;
                case "defaultErrno":
                    errorName = value;
                    break;
                case "architectures":
                    architectures = value;
                    break;
                case "archMap":
                    archMap = value;
                    break;
                case "flags":
                    flags = Flags(value);
                    break;
                case "syscalls":
                    syscalls = value;
                    break;
                case "comment":
                    break;
                case "listenerPath" or "listenerMetadata":
                    throw value.Wrong("not supported: there is no agent that answers for system calls");
                default:
                    throw value.Wrong("unknown");
            }
        }

        if (defaultAction is null)
        {
            throw root.Wrong("defaultAction is missing");
        }

        return new SeccompProfile
        {
            DefaultAction = Action(defaultAction, error, errorName, root.Member("defaultAction")),
            Architectures = Architectures(architectures, archMap),
            Flags = flags,
            Rules = [.. (syscalls?.Items() ?? []).SelectMany(Rules)],
        };
    }

    private IEnumerable<SeccompRule> Rules(Node entry)
    {
        string? action = null;
        Node? name = null, names = null, arguments = null, error = null, errorName = null, where = null;
        var applies = true;
        foreach (var (key, value) in entry.Members())
        {
            switch (key)
            {
                case "names":
                    names = value;
                    break;
                case "name":
                    name = value;
                    break;
                case "action":
                    (action, where) = (value.Text(), value);
                    break;
                case "errnoRet":
                    error = value;
                    break;
                case "errno":
                    errorName = value;
                    break;
                case "args":
                    arguments = value;
                    break;
                case "includes":
                    applies &= Condition(value, included: true);
                    break;
                case "excludes":
                    applies &= !Condition(value, included: false);
                    break;
                case "comment":
                    break;
                default:
                    throw value.Wrong("unknown");
            }
        }

        if (action is null)
        {
            throw entry.Wrong("action is missing");
        }

        var does = Action(action, error, errorName, where!);
        var calls = Names(entry, name, names);
        var conditions = (arguments?.Items() ?? []).Select(Argument).ToList();
        if (!applies)
        {
            return [];
        }

        // Two conditions on one argument cannot both be asked of libseccomp: they are alternatives, as every runtime has it.
        return conditions.Select(c => c.Index).Distinct().Count() == conditions.Count
            ? [new SeccompRule(does, calls, conditions)]
            : conditions.Select(condition => new SeccompRule(does, calls, [condition]));
    }

    private static List<string> Names(Node entry, Node? name, Node? names)
    {
        if (name is not null && names is not null)
        {
            throw entry.Wrong("both name and names");
        }

        var all = name is not null ? [name] : names?.Items().ToList() ?? [];
        if (all.Count == 0)
        {
            throw entry.Wrong("names no system call");
        }

        foreach (var one in all)
        {
            var text = one.Text();
            if (text.Length is 0 or > 64 || text.Any(c => !char.IsAsciiLetterOrDigit(c) && c != '_'))
            {
                throw one.Wrong("not the name of a system call");
            }
        }

        return [.. all.Select(one => one.Text())];
    }

    private static SeccompArgument Argument(Node node)
    {
        ulong? index = null;
        ulong value = 0, second = 0;
        SeccompComparison? comparison = null;
        foreach (var (name, member) in node.Members())
        {
            switch (name)
            {
                case "index":
                    index = member.Number(Arguments - 1);
                    break;
                case "value":
                    value = member.Number(ulong.MaxValue);
                    break;
                case "valueTwo":
                    second = member.Number(ulong.MaxValue);
                    break;
                case "op":
                    comparison = _comparisons.TryGetValue(member.Text(), out var found) ? found : throw member.Wrong("unknown comparison");
                    break;
                default:
                    throw member.Wrong("unknown");
            }
        }

        return new SeccompArgument(
            (uint)(index ?? throw node.Wrong("index is missing")),
            comparison ?? throw node.Wrong("op is missing"),
            value,
            comparison == SeccompComparison.MaskedEqual ? second : 0);
    }

    // Of includes every one must hold, of excludes one is enough.
    private bool Condition(Node node, bool included)
    {
        var held = new List<bool>();
        foreach (var (name, value) in node.Members())
        {
            switch (name)
            {
                case "caps":
                    held.AddRange(value.Items().Select(cap => _target.Capabilities.Contains(Capability(cap))));
                    break;
                case "arches":
                    // One of several is the machine's.
                    var arches = value.Items().Select(arch => arch.Text()).ToList();
                    if (arches.Count > 0)
                    {
                        held.Add(arches.Contains(_target.GoArchitecture));
                    }

                    break;
                case "minKernel":
                    held.Add(_target.Kernel >= Version(value));
                    break;
                default:
                    throw value.Wrong("unknown condition");
            }
        }

        return included ? held.TrueForAll(h => h) : held.Exists(h => h);
    }

    private static string Capability(Node node) =>
        node.Text() is var text && text.StartsWith("CAP_", StringComparison.Ordinal) ? text : throw node.Wrong("not a capability: they begin with CAP_");

    private static KernelVersion Version(Node node)
    {
        try
        {
            return KernelVersion.Parse(node.Text());
        }
        catch (FormatException)
        {
            throw node.Wrong("not a kernel version");
        }
    }

    private List<string> Architectures(Node? list, Node? map)
    {
        if (list?.Items().Any() == true && map?.Items().Any() == true)
        {
            throw list.Wrong("both architectures and archMap");
        }

        var named = (list?.Items() ?? []).Select(Architecture).ToList();
        foreach (var entry in map?.Items() ?? [])
        {
            string? own = null;
            List<string> others = [];
            foreach (var (name, value) in entry.Members())
            {
                switch (name)
                {
                    case "architecture":
                        own = Architecture(value);
                        break;
                    case "subArchitectures":
                        others = value.IsNull ? [] : [.. value.Items().Select(Architecture)];
                        break;
                    default:
                        throw value.Wrong("unknown");
                }
            }

            if ((own ?? throw entry.Wrong("architecture is missing")) == (_target.Runnable is [var native, ..] ? native : null))
            {
                named.AddRange(others);
            }
        }

        // The machine's own is always there; calls of one whose programs cannot run here never come.
        return [.. _target.Runnable.Skip(1).Intersect(named)];
    }

    private static string Architecture(Node node)
    {
        const string Prefix = "SCMP_ARCH_";
        var text = node.Text();
        var name = text.StartsWith(Prefix, StringComparison.Ordinal) ? text[Prefix.Length..].ToLowerInvariant() : "";
        return _architectures.Contains(name) ? name : throw node.Wrong("unknown architecture");
    }

    // TSYNC is about threads, of which there is one when the filter is loaded.
    private static uint Flags(Node node) => node.Items().Aggregate(0u, (flags, flag) => flags | flag.Text() switch
    {
        "SECCOMP_FILTER_FLAG_TSYNC" => 0,
        "SECCOMP_FILTER_FLAG_LOG" => FlagLog,
        "SECCOMP_FILTER_FLAG_SPEC_ALLOW" => FlagSpecAllow,
        _ => throw flag.Wrong("unknown flag"),
    });

    private static SeccompAction Action(string action, Node? error, Node? errorName, Node where)
    {
        // In some files every rule has both, empty where they mean nothing.
        var name = errorName is null or { IsNull: true } ? "" : errorName.Text();
        if (error is { IsNull: true })
        {
            error = null;
        }

        if (action is "SCMP_ACT_ERRNO" or "SCMP_ACT_TRACE")
        {
            var number = name.Length > 0
                ? ErrnoNames.TryParse(name, out var known) ? (ulong)known : throw errorName!.Wrong("unknown error")
                : error?.Number(action == "SCMP_ACT_ERRNO" ? LargestErrno : (ulong)ushort.MaxValue) ?? (ulong)Errno.EPERM;
            return action == "SCMP_ACT_ERRNO" ? SeccompAction.Fail((Errno)number) : SeccompAction.Trace((ushort)number);
        }

        if (error is not null || name.Length > 0)
        {
            throw (error ?? errorName)!.Wrong($"{action} returns no error");
        }

        return action switch
        {
            "SCMP_ACT_KILL" or "SCMP_ACT_KILL_THREAD" => SeccompAction.KillThread,
            "SCMP_ACT_KILL_PROCESS" => SeccompAction.KillProcess,
            "SCMP_ACT_TRAP" => SeccompAction.Trap,
            "SCMP_ACT_LOG" => SeccompAction.Log,
            "SCMP_ACT_ALLOW" => SeccompAction.Allow,
            "SCMP_ACT_NOTIFY" => throw where.Wrong("not supported: there is no agent that answers for system calls"),
            _ => throw where.Wrong("unknown action"),
        };
    }

    /// <summary>A value with its place in the file.</summary>
    private sealed record Node(JsonElement Value, string Path)
    {
        public bool IsNull => Value.ValueKind == JsonValueKind.Null;

        public Node Member(string name) => new(Value.GetProperty(name), Path.Length == 0 ? name : $"{Path}.{name}");

        public IEnumerable<(string Name, Node Value)> Members() => Value.ValueKind == JsonValueKind.Object
            ? Value.EnumerateObject().Select(p => (p.Name, Member(p.Name)))
            : IsNull ? [] : throw Wrong("not an object");

        public IEnumerable<Node> Items() => Value.ValueKind == JsonValueKind.Array
            ? Value.EnumerateArray().Select((item, i) => new Node(item, $"{Path}[{i}]"))
            : IsNull ? [] : throw Wrong("not a list");

        public string Text() => Value.ValueKind == JsonValueKind.String ? Value.GetString()! : throw Wrong("not a string");

        public ulong Number(ulong most) => Value.ValueKind == JsonValueKind.Number && Value.TryGetUInt64(out var number) && number <= most
            ? number
            : throw Wrong($"not a number from 0 to {most}");

        public SeccompException Wrong(string what)
        {
            var shown = Value.ValueKind is JsonValueKind.Object or JsonValueKind.Array or JsonValueKind.Undefined ? "" : Value.GetRawText();
            return new SeccompException($"{(Path.Length == 0 ? "the profile" : Path)}{(shown.Length is 0 or > 60 ? "" : " " + shown)}: {what}");
        }
    }
}
