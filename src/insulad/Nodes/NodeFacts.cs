using System.Runtime.InteropServices;
using Insula.Api.Nodes;
using Insula.Api.Pods;
using Insula.Api.Values;
using Insula.Linux.Memory;
using Insula.Pods.Scheduling;
using Insulad.Http;

namespace Insulad.Nodes;

/// <summary>What the machine is: huge pages and addresses apart it does not change while the daemon runs.</summary>
/// <param name="Name">Its name.</param>
/// <param name="ReadCapacity">What it has.</param>
/// <param name="ReadAllocatable">What of it pods can request together.</param>
/// <param name="ReadAddresses">Its addresses, IPv4 first.</param>
/// <param name="PodRanges">The ranges of the pods' addresses, IPv4 first.</param>
internal sealed record NodeFacts(string Name, Func<Amounts> ReadCapacity, Func<Amounts> ReadAllocatable, Func<IReadOnlyList<string>> ReadAddresses, IReadOnlyList<string> PodRanges)
{
    /// <summary>What it is.</summary>
    public NodeSystemInfo Info { get; init; } = Read();

    /// <summary>The labels the daemon sets.</summary>
    public IReadOnlyDictionary<string, string> Labels => new Dictionary<string, string>
    {
        [NodeLabels.Architecture] = Architecture,
        [NodeLabels.Hostname] = Name,
        [NodeLabels.OperatingSystem] = "linux",
    };

    /// <summary>Amounts as a Node lists them: of huge pages each size that there is, also when there are none of it.</summary>
    public IReadOnlyDictionary<string, Quantity> List(Amounts amounts)
    {
        var list = new Dictionary<string, Quantity>
        {
            ["cpu"] = PodResources.Quantity("cpu", amounts.MilliCpu),
            [PodResources.EphemeralStorage] = PodResources.Quantity(PodResources.EphemeralStorage, amounts.Storage),
            ["memory"] = PodResources.Quantity("memory", amounts.Memory),
            ["pods"] = PodResources.Quantity("pods", amounts.Pods),
        };
        foreach (var size in PageSizes)
        {
            list[HugePages.NameOf(size)] = PodResources.Quantity(HugePages.NameOf(size), amounts.HugePages[size]);
        }

        return list;
    }

    /// <summary>The sizes of huge pages that it has, in bytes.</summary>
    public IReadOnlyList<long> PageSizes { get; init; } = HugePagePool.Sizes();

    private static string Architecture => RuntimeInformation.OSArchitecture == System.Runtime.InteropServices.Architecture.Arm64 ? "arm64" : "amd64";

    private static NodeSystemInfo Read() => new()
    {
        MachineId = Line("/etc/machine-id"),
        SystemUuid = Line("/sys/class/dmi/id/product_uuid"),
        BootId = Line("/proc/sys/kernel/random/boot_id"),
        KernelVersion = Line("/proc/sys/kernel/osrelease"),
        OsImage = PrettyName(),
        ContainerRuntimeVersion = $"insula://{Discovery.Version}",
        KubeletVersion = $"v{Discovery.Version}",
        OperatingSystem = "linux",
        Architecture = Architecture,
    };

    // Not every machine has each of them: without DMI there is no hardware's id.
    private static string Line(string path)
    {
        try
        {
            return File.ReadLines(path).FirstOrDefault()?.Trim() ?? "";
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return "";
        }
    }

    // os-release(5): the first of the two files that is there.
    private static string PrettyName()
    {
        const string Name = "PRETTY_NAME=";
        var file = ((string[])["/etc/os-release", "/usr/lib/os-release"]).FirstOrDefault(File.Exists);
        var line = file is null ? null : File.ReadLines(file).FirstOrDefault(l => l.StartsWith(Name, StringComparison.Ordinal));
        return line is null ? "Linux" : line[Name.Length..].Trim('"', '\'');
    }
}
