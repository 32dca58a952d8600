using Insula.Api.Nodes;
using Insula.Api.Pods;
using Insula.Api.Values;

namespace Insula.Pods.Eviction;

/// <summary>The words for signals, which are a kubelet's.</summary>
public static class EvictionSignals
{
    private static readonly (EvictionSignal Signal, string Name, string Resource, string Condition)[] s_all =
    [
        (EvictionSignal.MemoryAvailable, "memory.available", "memory", NodeConditionTypes.MemoryPressure),
        (EvictionSignal.NodeFsAvailable, "nodefs.available", PodResources.EphemeralStorage, NodeConditionTypes.DiskPressure),
        (EvictionSignal.NodeFsInodesFree, "nodefs.inodesFree", "inodes", NodeConditionTypes.DiskPressure),
        (EvictionSignal.ImageFsAvailable, "imagefs.available", PodResources.EphemeralStorage, NodeConditionTypes.DiskPressure),
        (EvictionSignal.ImageFsInodesFree, "imagefs.inodesFree", "inodes", NodeConditionTypes.DiskPressure),
        (EvictionSignal.PidAvailable, "pid.available", "pids", NodeConditionTypes.PidPressure),
    ];

    /// <summary>The names of all.</summary>
    public static IEnumerable<string> Names => s_all.Select(s => s.Name);

    /// <summary>The name.</summary>
    public static string Name(this EvictionSignal signal) => s_all[(int)signal].Name;

    /// <summary>What is short.</summary>
    public static string Resource(this EvictionSignal signal) => s_all[(int)signal].Resource;

    /// <summary>The machine's condition that tells of it.</summary>
    public static string Condition(this EvictionSignal signal) => s_all[(int)signal].Condition;

    /// <summary>Whether it is about a file system.</summary>
    public static bool IsOfDisk(this EvictionSignal signal) => signal.Condition() == NodeConditionTypes.DiskPressure;

    /// <summary>Whether the end of a pod helps. Nothing of pods is where images are, if that is another file system.</summary>
    public static bool IsOfPods(this EvictionSignal signal) => signal is not (EvictionSignal.ImageFsAvailable or EvictionSignal.ImageFsInodesFree);

    /// <summary>The signal of a name; null when there is none.</summary>
    public static EvictionSignal? Find(string name) => s_all.Where(s => s.Name == name).Select(s => (EvictionSignal?)s.Signal).FirstOrDefault();

    /// <summary>An amount as people read it.</summary>
    public static Quantity Amount(this EvictionSignal signal, long amount) =>
        Quantity.FromUnits(amount, signal is EvictionSignal.MemoryAvailable or EvictionSignal.NodeFsAvailable or EvictionSignal.ImageFsAvailable ? QuantityFormat.BinarySI : QuantityFormat.DecimalSI);
}
