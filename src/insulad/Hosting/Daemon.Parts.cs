using Insula.Api.Core;
using Insula.Images;
using Insula.Linux;
using Insula.Linux.Cgroups;
using Insula.Linux.Events;
using Insula.Linux.Seccomp;
using Insula.Network;
using Insula.Network.Cni;
using Insula.Network.Dns.Cluster;
using Insula.Network.Policies;
using Insula.Pods;
using Insula.Sandbox;
using Insula.Store;
using Insula.Volumes.Drivers;
using Insula.Volumes.Projects;
using Insulad.Policies;
using Insulad.Services;
using Microsoft.Extensions.Logging;

namespace Insulad.Hosting;

/// <content>The parts that run pods, in the order in which they need each other, and what is refused of them.</content>
internal sealed partial class Daemon
{
    private async Task<Parts> BuildPartsAsync(bool onlyToEnd = false)
    {
        var time = TimeProvider.System;
        var store = Keep(ObjectStore.Open(new StoreOptions { Directory = _options.Root }, time, LogStore));
        await StoreSetup.EnsureBuiltInAsync(store, CancellationToken.None);
        var tag = InstanceTag.From(_options.Root, _options.Run);
        var quotas = DirectoryQuotas.Open(_options.Root, tag);
        IReadOnlyList<IVolumeDriver> drivers = [new LocalVolumes(_options.Root, quotas)];
        await StoreSetup.EnsureStorageClassAsync(store, _options.Root, CancellationToken.None);
        await StoreSetup.EnsureIngressClassAsync(store, _options.Root, CancellationToken.None);
        var images = Keep(ImageStore.Open(new ImageOptions { Directory = Path.Combine(_options.Root, "images") }));

        var events = Keep(new EventLoop());
        var cgroups = CgroupTree.Detect(
            tag.Length == 0 ? "insula" : $"insula-{tag}", events, _options.CgroupParent, time, rememberIn: Path.Combine(_options.Run, "cgroup"));
        PodManager? pods = null;
        bool NothingRuns() => pods is { Drained: true } || store.List("pods", null).Items.Count == 0;

        // Before anything is refused: a daemon that does not start leaves no groups either.
        Keep(new EmptyCgroups(cgroups, NothingRuns, _loggers.CreateLogger<EmptyCgroups>()));
        if (_options.SwapBehavior is { } swap && !cgroups.CountsSwap)
        {
            throw new StartupException($"swap-behavior: {swap} needs cgroup2 to control memory and to count swap, which it does not on this machine: leave the option out");
        }

        var programs = new HelperPrograms(_options);
        var sandboxes = Keep(new SandboxService(
            new SandboxOptions { RootDirectory = _options.Root, RunDirectory = _options.Run, ShimProgram = programs.FindShim(), CopyProgram = programs.FindCopy() }, cgroups, events, time, _loggers));
        var services = store.List(ServiceIndex.Services, null).Items;
        var network = Keep(new PodNetwork(NetworkOptions(tag, services), events, _loggers.CreateLogger<PodNetwork>()));
        var connecting = Keep(new CniNetwork(CniOptions(), network, events, time, _loggers.CreateLogger<CniNetwork>()));
        var compiler = new SeccompCompiler();
        var dns = Keep(new ClusterDns(DnsOptions(compiler, programs), network, cgroups, events, time, _loggers.CreateLogger<ClusterDns>()));
        Keep(new UnusedDns(dns, NothingRuns, _loggers.CreateLogger<UnusedDns>()));
        var policies = onlyToEnd ? null : Keep(new PolicyPlane(network, _options.Insulated, _loggers.CreateLogger<PolicyPlane>()));
        pods = Keep(new PodManager(PodOptions(dns, onlyToEnd), store, images, sandboxes, connecting, policies, compiler, drivers, quotas, time, _loggers));
        return new Parts(store, events, images, drivers, cgroups, network, connecting, policies, pods, dns, services);
    }

    private async Task StartDnsAsync(Parts parts, IEnumerable<Service> services)
    {
        if (!_options.HasClusterDns)
        {
            // What an earlier daemon had started.
            await parts.Dns.EndAsync(CancellationToken.None);
            return;
        }

        var address = parts.Dns.Info.Address;
        if (!parts.Network.ServiceRange.Contains(address))
        {
            throw new StartupException($"cluster-dns: {address} is no address of the service range {parts.Network.ServiceRange}: choose one that is");
        }

        if (services.FirstOrDefault(s => s.Spec.ClusterIP == address.ToString()) is { } holder)
        {
            throw new StartupException(
                $"cluster-dns: the Service {holder.Metadata.Namespace}/{holder.Metadata.Name} has the address {address}: choose another one with --cluster-dns, or start with --cluster-dns none and delete the Service");
        }

        await parts.Dns.StartAsync(CancellationToken.None);
    }

    // What plug-ins connect does not pass through this daemon's rules, or not all of it: policies would be promises that nobody keeps.
    private void CheckPolicies(ObjectStore store)
    {
        if (_options.CniConfDir is null)
        {
            return;
        }

        if (_options.Insulated)
        {
            throw new StartupException("insulated: true cannot be kept on a CNI network (cni-conf-dir): leave one of them out");
        }

        if (store.List(PolicyController.Policies, null).Items is [{ Key: { } first }, ..])
        {
            throw new StartupException($"the NetworkPolicy {first.Namespace}/{first.Name} cannot be kept on a CNI network: delete the policies, or leave out cni-conf-dir");
        }
    }

    /// <summary>What runs pods.</summary>
    private sealed record Parts(ObjectStore Store, EventLoop Events, ImageStore Images, IReadOnlyList<IVolumeDriver> Drivers, CgroupTree Cgroups, PodNetwork Network, CniNetwork Connecting, PolicyPlane? Policies, PodManager Pods, ClusterDns Dns, IReadOnlyList<StoredObject> Services);
}
