using Insula.Api.Core;
using Insula.Api.Meta;
using Insula.Api.Storage;

namespace Insula.Claims;

/// <summary>One decision as it comes about: what there is, by name, and what has been decided so far.</summary>
internal sealed class StorageTurn
{
    private readonly Dictionary<(string Namespace, string Name), PersistentVolumeClaim> _claims;
    private readonly Dictionary<string, PersistentVolume> _volumes;
    private readonly Dictionary<string, StorageClass> _classes;
    private readonly HashSet<string> _touched = [];

    public StorageTurn(StorageState state, DateTimeOffset now)
    {
        (State, Now) = (state, now);
        _claims = state.Claims.ToDictionary(c => (c.Metadata.Namespace ?? "", c.Metadata.Name));
        _volumes = state.Volumes.ToDictionary(v => v.Metadata.Name);
        _classes = state.Classes.ToDictionary(c => c.Metadata.Name);
        DefaultClass = state.Classes.Where(c => ClassNames.IsDefault(c) && c.Metadata.DeletionTimestamp is null)
            .OrderByDescending(c => c.Metadata.CreationTimestamp).ThenBy(c => c.Metadata.Name, StringComparer.Ordinal).FirstOrDefault();
    }

    public StorageState State { get; }

    public DateTimeOffset Now { get; }

    /// <summary>The class of claims that name none; the latest when there are several.</summary>
    public StorageClass? DefaultClass { get; }

    public List<StorageChange> Changes { get; } = [];

    public List<StorageNote> Notes { get; } = [];

    public DateTimeOffset? LookAgain { get; private set; }

    /// <summary>The volumes that nothing has been decided about yet.</summary>
    public IEnumerable<PersistentVolume> Untouched => State.Volumes.Where(v => !IsTouched(v));

    public PersistentVolumeClaim? Claim(string? ns, string? name) => _claims.GetValueOrDefault((ns ?? "", name ?? ""));

    public PersistentVolume? Volume(string name) => _volumes.GetValueOrDefault(name);

    public StorageClass? Class(string name) => _classes.GetValueOrDefault(name);

    public bool IsWanted(ObjectMeta claim) => State.Wanted.Contains((claim.Namespace ?? "", claim.Name));

    public bool IsTouched(PersistentVolume volume) => _touched.Contains(volume.Metadata.Name);

    public DriverWork? Work(PersistentVolume volume) => State.Work.GetValueOrDefault(volume.Metadata.Uid ?? "");

    /// <summary>Whether a driver of ours has made it for a claim, or will.</summary>
    public bool IsMade(PersistentVolume volume) => IsDrivers(volume) && volume.Metadata.Annotations.ContainsKey(StorageWords.ProvisionedBy);

    /// <summary>Whether it is a driver's of ours.</summary>
    public bool IsDrivers(PersistentVolume volume) => volume.Spec.Csi is { } csi && State.Drivers.Contains(csi.Driver);

    public void Do(StorageChange change) => Changes.Add(change);

    public void Do(PersistentVolume volume, StorageChange change)
    {
        _touched.Add(volume.Metadata.Name);
        Changes.Add(change);
    }

    public void TellOf(PersistentVolumeClaim claim, bool warning, string reason, string message) => Tell(new ObjectSeen(ObjectSeen.Claims, claim.Metadata), warning, reason, message);

    public void TellOf(PersistentVolume volume, bool warning, string reason, string message) => Tell(new ObjectSeen(ObjectSeen.Volumes, volume.Metadata), warning, reason, message);

    public void Wait(DateTimeOffset until) => LookAgain = LookAgain < until ? LookAgain : until;

    private void Tell(ObjectSeen about, bool warning, string reason, string message) =>
        Notes.Add(new(about, warning ? EventTypes.Warning : EventTypes.Normal, reason, message));
}
