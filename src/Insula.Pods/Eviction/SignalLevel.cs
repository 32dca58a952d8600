namespace Insula.Pods.Eviction;

/// <summary>How much of something is left, in one place that has it: the machine, or a group with a limit that holds all pods.</summary>
/// <param name="Signal">What was measured; of one signal there may be several levels.</param>
/// <param name="Available">What is left: bytes, inodes, or processes and threads.</param>
/// <param name="Capacity">What there is in all.</param>
public readonly record struct SignalLevel(EvictionSignal Signal, long Available, long Capacity);
