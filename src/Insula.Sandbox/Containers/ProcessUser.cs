namespace Insula.Sandbox.Containers;

/// <summary>Whom a process runs as: numbers only, already resolved.</summary>
/// <param name="Uid">User id.</param>
/// <param name="Gid">Primary group id.</param>
/// <param name="Groups">Supplementary groups, exactly these.</param>
public sealed record ProcessUser(uint Uid, uint Gid, IReadOnlyList<uint> Groups);
