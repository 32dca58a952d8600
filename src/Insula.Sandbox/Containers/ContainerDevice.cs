namespace Insula.Sandbox.Containers;

/// <summary>A device node made in a container and opened by its device filter.</summary>
/// <param name="Target">The absolute path in the container.</param>
/// <param name="IsBlock">A block device; otherwise a character device.</param>
/// <param name="Major">Major number.</param>
/// <param name="Minor">Minor number.</param>
/// <param name="Mode">Permission bits.</param>
/// <param name="Uid">Owner.</param>
/// <param name="Gid">Group.</param>
public sealed record ContainerDevice(string Target, bool IsBlock, uint Major, uint Minor, uint Mode, uint Uid, uint Gid);
