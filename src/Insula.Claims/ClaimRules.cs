using System.Text.Json.Nodes;
using Insula.Api.Json;
using Insula.Api.Meta;
using Insula.Api.Storage;

namespace Insula.Claims;

/// <summary>What is done about one claim.</summary>
internal sealed class ClaimRules(StorageTurn turn)
{
    private const string NoProvisioner = "kubernetes.io/no-provisioner";

    public void Look(PersistentVolumeClaim claim)
    {
        if (claim.Metadata.DeletionTimestamp is not null)
        {
            if (claim.Metadata.Finalizers.Contains(StorageWords.ClaimProtection) && !turn.IsWanted(claim.Metadata))
            {
                turn.Do(new StorageChange.Remove(new ObjectSeen(ObjectSeen.Claims, claim.Metadata), [StorageWords.ClaimProtection]));
            }
        }
        else if (!claim.Metadata.Finalizers.Contains(StorageWords.ClaimProtection))
        {
            turn.Do(Patches.Edit(claim, Patches.Finalizers(claim.Metadata.Finalizers, StorageWords.ClaimProtection)));
        }
        else if (claim.Metadata.Annotations.ContainsKey(StorageWords.BindCompleted))
        {
            LookAtBound(claim);
        }
        else if (string.IsNullOrEmpty(claim.Spec.VolumeName))
        {
            LookForVolume(claim);
        }
        else
        {
            LookAtNamed(claim, claim.Spec.VolumeName);
        }
    }

    /// <summary>The claim of a pod, which owns it.</summary>
    public static JsonObject For(EphemeralClaim claim) => new()
    {
        ["apiVersion"] = "v1",
        ["kind"] = "PersistentVolumeClaim",
        ["metadata"] = new JsonObject
        {
            ["name"] = claim.Name,
            ["namespace"] = claim.Namespace,
            ["labels"] = claim.Template["metadata"]?["labels"]?.DeepClone(),
            ["annotations"] = claim.Template["metadata"]?["annotations"]?.DeepClone(),
            ["finalizers"] = new JsonArray(StorageWords.ClaimProtection),
            ["ownerReferences"] = new JsonArray(ApiJson.ToJson(new OwnerReference { ApiVersion = "v1", Kind = "Pod", Name = claim.Pod, Uid = claim.Uid, Controller = true, BlockOwnerDeletion = true })),
        },
        ["spec"] = claim.Template["spec"]?.DeepClone(),
        ["status"] = new JsonObject { ["phase"] = ClaimPhases.Pending },
    };

    private void LookForVolume(PersistentVolumeClaim claim)
    {
        if (ClassNames.Of(claim) is null && turn.DefaultClass is { } standard)
        {
            turn.Do(Patches.Edit(claim, new JsonObject { ["spec"] = new JsonObject { ["storageClassName"] = standard.Metadata.Name } }));
            return;
        }

        var name = ClassNames.Of(claim) ?? "";
        var storage = turn.Class(name);
        var waits = storage?.VolumeBindingMode == BindingModes.WaitForFirstConsumer && !claim.Metadata.Annotations.ContainsKey(StorageWords.SelectedNode) && !turn.IsWanted(claim.Metadata);

        // One that is still being made for it is not to be had yet.
        if (Matching.Find(claim, turn.Untouched.Where(v => !turn.IsMade(v) || v.Status.Phase is not (null or VolumePhases.Pending)), waits) is { } volume)
        {
            Bind(claim, volume);
            return;
        }

        Pending(claim);
        if (waits)
        {
            turn.TellOf(claim, warning: false, "WaitForFirstConsumer", "waiting for first consumer to be created before binding");
        }
        else if (name.Length == 0)
        {
            turn.TellOf(claim, warning: false, "FailedBinding", "no persistent volumes available for this claim and no storage class is set");
        }
        else if (storage is null)
        {
            turn.TellOf(claim, warning: true, "ProvisioningFailed", $"storageclass.storage.k8s.io \"{name}\" not found");
        }
        else
        {
            Provision(claim, storage);
        }
    }

    private void Provision(PersistentVolumeClaim claim, StorageClass storage)
    {
        if (storage.Provisioner == NoProvisioner)
        {
            turn.TellOf(claim, warning: false, "FailedBinding", "no persistent volumes available for this claim, and its class makes none");
        }
        else if (!turn.State.Drivers.Contains(storage.Provisioner))
        {
            turn.TellOf(claim, warning: false, "ExternalProvisioning",
                $"Waiting for a volume to be created either by the external provisioner '{storage.Provisioner}' or manually by the system administrator. Insula has {string.Join(", ", turn.State.Drivers.Order(StringComparer.Ordinal))} alone.");
        }
        else if (claim.Spec.Selector is not null)
        {
            turn.TellOf(claim, warning: true, "ProvisioningFailed", $"failed to provision volume with StorageClass \"{storage.Metadata.Name}\": claim Selector is not supported");
        }
        else if (turn.Volume(StorageController.VolumeNameOf(claim)) is null)
        {
            turn.Do(new StorageChange.Create(ObjectSeen.Volumes, null, VolumeFor(claim, storage)));
        }
    }

    /// <summary>The volume that is to be made: its object first, which says that it is not there yet.</summary>
    private static JsonObject VolumeFor(PersistentVolumeClaim claim, StorageClass storage)
    {
        var name = StorageController.VolumeNameOf(claim);
        return new JsonObject
        {
            ["apiVersion"] = "v1",
            ["kind"] = "PersistentVolume",
            ["metadata"] = new JsonObject
            {
                ["name"] = name,
                ["annotations"] = new JsonObject { [StorageWords.ProvisionedBy] = storage.Provisioner },
                ["finalizers"] = new JsonArray(StorageWords.VolumeProtection, StorageWords.ProvisionerFinalizer),
            },
            ["spec"] = new JsonObject
            {
                ["capacity"] = new JsonObject { [StorageWords.Storage] = Matching.Wish(claim).ToString() },
                ["accessModes"] = new JsonArray([.. claim.Spec.AccessModes.Select(m => (JsonNode)m)]),
                ["claimRef"] = Patches.Reference(claim),
                ["persistentVolumeReclaimPolicy"] = storage.ReclaimPolicy ?? ReclaimPolicies.Delete,
                ["storageClassName"] = storage.Metadata.Name,
                ["volumeMode"] = claim.Spec.VolumeMode ?? VolumeModes.Filesystem,
                ["csi"] = new JsonObject { ["driver"] = storage.Provisioner, ["volumeHandle"] = name },
            },
            ["status"] = new JsonObject { ["phase"] = VolumePhases.Pending },
        };
    }

    private void LookAtNamed(PersistentVolumeClaim claim, string name)
    {
        if (turn.Volume(name) is not { } volume)
        {
            Pending(claim);
            turn.TellOf(claim, warning: false, "FailedBinding", $"volume \"{name}\" not found");
        }
        else if (volume.Spec.ClaimRef is not null && !Matching.IsKeptFor(volume, claim))
        {
            Pending(claim);
            turn.TellOf(claim, warning: true, "FailedBinding", $"volume \"{name}\" already bound to a different claim.");
        }
        else if (volume.Spec.ClaimRef is null && Matching.Mismatch(volume, claim) is { } why)
        {
            Pending(claim);
            turn.TellOf(claim, warning: true, "VolumeMismatch", $"Cannot bind to requested volume \"{name}\": {why}");
        }
        else if (volume.Metadata.DeletionTimestamp is null && !turn.IsTouched(volume))
        {
            Bind(claim, volume);
        }
        else
        {
            Pending(claim);
        }
    }

    private void LookAtBound(PersistentVolumeClaim claim)
    {
        if (string.IsNullOrEmpty(claim.Spec.VolumeName))
        {
            Lost(claim, "ClaimLost", "Bound claim has lost reference to PersistentVolume. Data on the volume is lost!");
        }
        else if (turn.Volume(claim.Spec.VolumeName) is not { } volume)
        {
            Lost(claim, "ClaimLost", "Bound claim has lost its PersistentVolume. Data on the volume is lost!");
        }
        else if (volume.Spec.ClaimRef is not null && !Matching.IsKeptFor(volume, claim))
        {
            Lost(claim, "ClaimMisbound", "Two claims are bound to the same volume, this one is bound incorrectly");
        }
        else if (string.IsNullOrEmpty(volume.Spec.ClaimRef?.Uid))
        {
            if (!turn.IsTouched(volume))
            {
                Bind(claim, volume);
            }
        }
        else if (Matching.Wish(claim) > Matching.Size(volume) && turn.IsMade(volume))
        {
            // What a driver of ours has made has room or is held by a quota, which follows what is written of it.
            turn.Do(volume, Patches.Edit(volume, new JsonObject { ["spec"] = new JsonObject { ["capacity"] = Patches.Sizes(claim.Spec.Resources.Requests) } }));
            turn.TellOf(claim, warning: false, "VolumeResizeSuccessful", "Resize volume succeeded");
        }
        else if (claim.Status.Phase != ClaimPhases.Bound || claim.Status.Capacity.GetValueOrDefault(StorageWords.Storage) != Matching.Size(volume)
            || !claim.Status.AccessModes.SequenceEqual(volume.Spec.AccessModes))
        {
            turn.Do(Patches.Edit(claim, Patches.Bound(volume)));
        }
    }

    private void Bind(PersistentVolumeClaim claim, PersistentVolume volume)
    {
        if (volume.Spec.ClaimRef?.Uid != claim.Metadata.Uid || volume.Status.Phase != VolumePhases.Bound)
        {
            turn.Do(volume, Patches.Bind(volume, claim, turn.Now));
        }

        turn.Do(Patches.Bind(claim, volume));
    }

    private void Pending(PersistentVolumeClaim claim)
    {
        if (claim.Status.Phase != ClaimPhases.Pending)
        {
            turn.Do(Patches.Edit(claim, Patches.Phase(ClaimPhases.Pending)));
        }
    }

    private void Lost(PersistentVolumeClaim claim, string reason, string message)
    {
        if (claim.Status.Phase != ClaimPhases.Lost)
        {
            turn.Do(Patches.Edit(claim, Patches.Phase(ClaimPhases.Lost)));
        }

        turn.TellOf(claim, warning: true, reason, message);
    }
}
