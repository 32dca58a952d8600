using Insula.Api.Core;
using Insula.Api.Json;
using Insula.Api.Pods;
using Insula.Api.Storage;
using Insula.Store;
using Insula.Volumes;
using Insula.Volumes.Drivers;

namespace Insula.Pods.Claims;

/// <summary>Finds the persistent volumes of pods by their claims. From memory, but for what drivers do.</summary>
/// <param name="store">The objects.</param>
/// <param name="drivers">The drivers there are.</param>
/// <param name="uses">Who has which.</param>
internal sealed class ClaimedVolumes(IObjectStore store, IReadOnlyList<IVolumeDriver> drivers, VolumeUses uses)
{
    /// <summary>The resource of claims.</summary>
    public const string Claims = "persistentvolumeclaims";

    private const string Volumes = "persistentvolumes";

    private static readonly IReadOnlyDictionary<string, LastingVolume> s_none = new Dictionary<string, LastingVolume>();

    /// <summary>Who has which volume.</summary>
    public VolumeUses Uses => uses;

    /// <summary>Has all persistent volumes of a pod there, and takes them for it.</summary>
    /// <exception cref="VolumeException">One is not to be had, or not yet; in the kubelet's words.</exception>
    public async Task<IReadOnlyDictionary<string, LastingVolume>> OpenAsync(Pod pod, CancellationToken ct)
    {
        if (!pod.Spec.Volumes.Any(PodVolumes.IsLasting))
        {
            return s_none;
        }

        var found = pod.Spec.Volumes.Where(PodVolumes.IsLasting).Select(of => (Of: of, At: In(of, () => Find(pod, of)))).ToList();
        if (uses.Take([.. found.Select(f => (f.At.Volume.Metadata.Name, f.At.Alone))], pod.Metadata.Uid!) is { } taken)
        {
            var (of, _) = found.First(f => f.At.Volume.Metadata.Name == taken.Volume);
            throw In(of, new VolumeException($"another pod ({NameOf(pod, taken.Pod)}) uses the ReadWriteOncePod persistentvolumeclaim \"{PodClaims.NameOf(pod.Metadata.Name, of)}\""));
        }

        var opened = new Dictionary<string, LastingVolume>();
        foreach (var (of, (volume, _)) in found)
        {
            try
            {
                opened[of.Name] = await OpenAsync(pod, volume, of.PersistentVolumeClaim?.ReadOnly == true, ct);
            }
            catch (VolumeException e)
            {
                throw In(of, e);
            }
        }

        return opened;
    }

    /// <summary>A pod that an earlier daemon has started has its volumes, whatever has become of their claims.</summary>
    public void Adopt(Pod pod) => uses.Take([.. Names(pod).Select(name => (name, false))], pod.Metadata.Uid!);

    /// <summary>What a pod has no sandbox for any more is no longer its.</summary>
    /// <param name="pod">The pod.</param>
    /// <param name="tell">Whether those who wait for one may try again: the pod will not at once.</param>
    /// <param name="ct">Gives up.</param>
    public async Task CloseAsync(Pod pod, bool tell, CancellationToken ct)
    {
        if (!pod.Spec.Volumes.Any(PodVolumes.IsLasting))
        {
            return;
        }

        foreach (var name in Names(pod))
        {
            if (FindVolume(name)?.Spec.Csi is { } csi && DriverOf(csi) is { } driver)
            {
                await driver.UnpublishAsync(csi.VolumeHandle, pod.Metadata.Uid!, ct);
            }
        }

        uses.Release(pod.Metadata.Uid!);
        if (tell)
        {
            uses.Released?.Invoke();
        }
    }

    private static T In<T>(Volume volume, Func<T> find)
    {
        try
        {
            return find();
        }
        catch (VolumeException e)
        {
            throw In(volume, e);
        }
    }

    private static VolumeException In(Volume volume, VolumeException e) => new($"MountVolume.SetUp failed for volume \"{volume.Name}\" : {e.Message}", e);

    /// <summary>The names of the volumes that its claims are bound to.</summary>
    private IEnumerable<string> Names(Pod pod) =>
        PodClaims.NamesOf(pod).Select(claim => FindClaim(pod, claim)?.Spec.VolumeName).OfType<string>().Where(n => n.Length > 0);

    private (PersistentVolume Volume, bool Alone) Find(Pod pod, Volume of)
    {
        var name = PodClaims.NameOf(pod.Metadata.Name, of)!;
        var claim = FindClaim(pod, name) ?? throw new VolumeException($"persistentvolumeclaim \"{name}\" not found");
        if (of.Ephemeral is not null && !PodClaims.IsMadeFor(claim, pod.Metadata.Uid!))
        {
            throw new VolumeException($"PVC \"{name}\" was not created for pod \"{pod.Metadata.Name}\" (pod is not the owner)");
        }

        if (claim.Metadata.DeletionTimestamp is not null)
        {
            throw new VolumeException($"persistentvolumeclaim \"{name}\" is being deleted");
        }

        if (claim.Status.Phase == ClaimPhases.Lost)
        {
            throw new VolumeException($"persistentvolumeclaim \"{name}\" bound to non-existent persistentvolume \"{claim.Spec.VolumeName}\"");
        }

        return claim.Status.Phase == ClaimPhases.Bound && FindVolume(claim.Spec.VolumeName ?? "") is { } volume && volume.Spec.ClaimRef?.Uid == claim.Metadata.Uid
            ? (volume, claim.Spec.AccessModes.Contains(AccessModes.ReadWriteOncePod))
            : throw new VolumeException($"persistentvolumeclaim \"{name}\" is not bound to a volume yet: insula describe pvc {name} says why");
    }

    private async Task<LastingVolume> OpenAsync(Pod pod, PersistentVolume volume, bool readOnly, CancellationToken ct)
    {
        if (volume.Spec.HostPath is { } host)
        {
            return new LastingVolume(host.Path, host.Type ?? "", TakesGroup: false, readOnly);
        }

        if (volume.Spec.Local is { } local)
        {
            return new LastingVolume(local.Path, "", TakesGroup: true, readOnly);
        }

        if (volume.Spec.Csi is not { } csi || DriverOf(csi) is not { } driver)
        {
            throw new VolumeException($"persistentvolume \"{volume.Metadata.Name}\" is of no driver that Insula has");
        }

        var path = await driver.PublishAsync(csi.VolumeHandle, pod.Metadata.Uid!, ct);

        // As large as is written of it, whatever a daemon had come to that died.
        await driver.ExpandAsync(csi.VolumeHandle, PodResources.Amount(volume.Spec.Capacity, StorageWords.Storage) ?? 0, ct);
        return new LastingVolume(path, "Directory", TakesGroup: true, readOnly || csi.ReadOnly);
    }

    private IVolumeDriver? DriverOf(CsiPersistentVolumeSource csi) => drivers.FirstOrDefault(d => d.Name == csi.Driver);

    private PersistentVolumeClaim? FindClaim(Pod pod, string name) =>
        store.Get(new ObjectKey(Claims, pod.Metadata.Namespace ?? "default", name)) is { } stored ? ApiJson.Read<PersistentVolumeClaim>(stored.Json.Span) : null;

    private PersistentVolume? FindVolume(string name) =>
        store.Get(new ObjectKey(Volumes, "", name)) is { } stored ? ApiJson.Read<PersistentVolume>(stored.Json.Span) : null;

    private string NameOf(Pod pod, string uid) =>
        store.List("pods", pod.Metadata.Namespace ?? "default").Items.FirstOrDefault(p => p.Uid == uid)?.Key.Name ?? uid;
}
