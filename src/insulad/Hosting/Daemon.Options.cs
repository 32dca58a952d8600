using System.Net;
using Insula.Api.Core;
using Insula.Api.Json;
using Insula.Dns.Serving;
using Insula.Linux.Seccomp;
using Insula.Network;
using Insula.Network.Cni;
using Insula.Network.Dns.Cluster;
using Insula.Pods;
using Insula.Store;

namespace Insulad.Hosting;

/// <content>What each part is told of the daemon's options.</content>
internal sealed partial class Daemon
{
    private CniOptions CniOptions() => new()
    {
        ConfigurationDirectory = _options.CniConfDir,
        PluginDirectories = _options.CniBinDirs,
        StateDirectory = Path.Combine(_options.Root, "cni"),
        NamespaceDirectory = Path.Combine(_options.Run, "netns"),
    };

    private NetworkOptions NetworkOptions(string tag, IEnumerable<StoredObject> services) => new()
    {
        InstanceTag = tag,
        RunDirectory = _options.Run,
        PodRange = _options.PodRange,
        PodRangeV6 = _options.PodRangeV6,
        ServiceRange = _options.ServiceRange,
        ServiceRangeV6 = _options.ServiceRangeV6,
        ServiceAddresses = [.. services.Select(o => ApiJson.Read<Service>(o.Json.Span).Spec).SelectMany(s => s.Addresses).Select(IPAddress.Parse)],
        AllowForeignForwarding = _options.ForwardForeign,
        Mtu = _options.Mtu,
        PreparedNamespaces = _options.PreparedNamespaces,
    };

    private PodOptions PodOptions(ClusterDns dns, bool onlyToEnd) => new()
    {
        RootDirectory = _options.Root,
        RunDirectory = _options.Run,
        NodeName = _options.NodeName,
        RegistryHosts = _options.RegistryHosts,
        RegistryAuth = _options.RegistryAuth,
        ParallelPulls = _options.ParallelPulls,
        ImageCollection = _options.ImageCollection,
        BackOffInitial = _options.BackOffInitial,
        BackOffMax = _options.BackOffMax,
        BackOffReset = _options.BackOffReset,
        LogMaxSize = _options.LogMaxSize,
        LogMaxFiles = _options.LogMaxFiles,
        PodPidsLimit = _options.PodPidsLimit,
        ReservedMilliCpu = _options.SystemReserved.MilliCpu,
        ReservedMemory = _options.SystemReserved.Memory,
        MemoryThrottlingFactor = _options.MemoryThrottlingFactor,
        ReservesMemory = _options.ReservesMemory,
        SwapBehavior = _options.SwapBehavior,
        MaxPods = _options.MaxPods,
        EventLifetime = _options.EventLifetime,
        DefaultCapabilities = _options.DefaultCapabilities,
        ResourceLimits = _options.ResourceLimits,
        SeccompDefault = _options.SeccompDefault,
        AllowedUnsafeSysctls = _options.AllowedUnsafeSysctls,
        UserIds = _options.UserIds,
        HostResolvConf = _options.ResolvConf,
        ClusterDns = () => _options.HasClusterDns ? dns.Info : null,
        ClusterDomain = _options.ClusterDomain,

        // At the machine's end nobody leads anybody anywhere.
        LeftServices = onlyToEnd ? (_, _) => Task.CompletedTask : _departures.LeftServicesAsync,
        NodePortHolder = (port, protocol) => _allocator?.HolderOf(port, protocol),
        LeftHostPorts = onlyToEnd ? (_, _) => Task.CompletedTask : _departures.LeftHostPortsAsync,
    };

    private ClusterDnsOptions DnsOptions(SeccompCompiler compiler, HelperPrograms programs) => new()
    {
        Program = _options.HasClusterDns ? programs.FindDns() : "",
        RunDirectory = _options.Run,
        Domain = _options.ClusterDomain,
        Address = _options.ClusterDns,
        ResolvConf = _options.ResolvConf,
        Filter = compiler.Compile(Confinement.Profile).Instructions,
    };
}
