using System.Globalization;
using System.Text;

using Insula.Sandbox.Containers;

namespace Insula.Sandbox.Plans;

/// <summary>The spelling of single values in a plan.</summary>
internal static class PlanWords
{
    private static readonly (MountOptions Option, string Word)[] OptionWords =
    [
        (MountOptions.ReadOnly, "ro"),
        (MountOptions.RecursiveReadOnly, "rro"),
        (MountOptions.NoSuid, "nosuid"),
        (MountOptions.NoDev, "nodev"),
        (MountOptions.NoExec, "noexec"),
        (MountOptions.CreateFile, "create-file"),
        (MountOptions.CreateDirectory, "create-dir"),
        (MountOptions.IdMapped, "idmap"),
    ];

    public static string Pid(NamespaceMode mode) => mode switch
    {
        NamespaceMode.Container => "private",
        NamespaceMode.Pod => "pod",
        NamespaceMode.Host => "host",
        _ => throw new ArgumentOutOfRangeException(nameof(mode), mode, "no such PID namespace mode"),
    };

    public static string Options(MountOptions options)
    {
        var words = OptionWords.Where(pair => options.HasFlag(pair.Option)).Select(pair => pair.Word);
        var text = string.Join(',', words);
        return text.Length == 0 ? "-" : text;
    }

    public static string Propagation(MountPropagation propagation) => propagation switch
    {
        MountPropagation.Private => "private",
        MountPropagation.HostToContainer => "slave",
        MountPropagation.Bidirectional => "shared",
        _ => throw new ArgumentOutOfRangeException(nameof(propagation), propagation, "no such propagation"),
    };

    public static string Access(bool readOnly) => readOnly ? "ro" : "rw";

    public static string Mask(ulong mask) => mask.ToString("x", CultureInfo.InvariantCulture);

    public static string Groups(IReadOnlyList<uint> groups)
    {
        if (groups.Count == 0)
        {
            return "-";
        }

        var text = new StringBuilder();
        foreach (var group in groups)
        {
            if (text.Length > 0)
            {
                text.Append(',');
            }

            text.Append(group.ToString(CultureInfo.InvariantCulture));
        }

        return text.ToString();
    }
}
