using Insula.Linux.Cgroups;

namespace Insula.Sandbox.Containers;

/// <summary>A container that will be started when its sandbox is there, with the usual devices and no limit of its disk use: its layer and its cgroup are made meanwhile.</summary>
/// <param name="Id">Its id.</param>
/// <param name="CgroupSettings">Its limits.</param>
/// <param name="LogPath">Its log, relative to the pod's directory; null for none.</param>
public sealed record ExpectedContainer(string Id, CgroupSettings CgroupSettings, string? LogPath)
{
    /// <summary>Whether what was made for it is what a start needs.</summary>
    internal bool IsFor(ContainerSpec spec) =>
        spec.Id == Id && spec.CgroupSettings == CgroupSettings && spec.LogPath == LogPath
        && spec is { Project: null, AllowAllDevices: false, Devices.Count: 0 };
}
