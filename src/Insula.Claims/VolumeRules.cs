using System.Text.Json.Nodes;
using Insula.Api.Core;
using Insula.Api.Storage;

namespace Insula.Claims;

/// <summary>What is done about one volume.</summary>
internal sealed class VolumeRules(StorageTurn turn)
{
    private static readonly string[] s_ours = [StorageWords.VolumeProtection, StorageWords.ProvisionerFinalizer];

    public void Look(PersistentVolume volume)
    {
        if (turn.IsTouched(volume))
        {
            return;
        }

        var claim = ClaimOf(volume);
        var deleted = volume.Metadata.DeletionTimestamp is not null;
        if (!deleted && !volume.Metadata.Finalizers.Contains(StorageWords.VolumeProtection))
        {
            turn.Do(volume, Patches.Edit(volume, Patches.Finalizers(volume.Metadata.Finalizers, StorageWords.VolumeProtection)));
        }
        else if (volume.Spec.ClaimRef is null || string.IsNullOrEmpty(volume.Spec.ClaimRef.Uid))
        {
            LookAtFree(volume, deleted);
        }
        else if (claim is null)
        {
            LookAtLeft(volume);
        }
        else if (claim.Spec.VolumeName == volume.Metadata.Name)
        {
            Phase(volume, VolumePhases.Bound);
        }
        else if (!string.IsNullOrEmpty(claim.Spec.VolumeName))
        {
            LookAtJilted(volume);
        }
        else if (deleted)
        {
            // It was never bound: its claim gets another one.
            LookAtFree(volume, deleted);
        }
        else if (turn.IsMade(volume) && volume.Status.Phase is null or VolumePhases.Pending)
        {
            Make(volume, claim);
        }
    }

    /// <summary>The claim it is bound to; null when that is gone, or another one has its name.</summary>
    private PersistentVolumeClaim? ClaimOf(PersistentVolume volume) =>
        volume.Spec.ClaimRef is { } reference && turn.Claim(reference.Namespace, reference.Name) is { } claim && claim.Metadata.Uid == reference.Uid ? claim : null;

    private void LookAtFree(PersistentVolume volume, bool deleted)
    {
        if (!deleted)
        {
            Phase(volume, VolumePhases.Available);
        }
        else if (IsMadeAway(volume))
        {
            Remove(volume);
        }
    }

    // Bound at last to another one: as if its claim were gone, if it was made for that one; else it is free.
    private void LookAtJilted(PersistentVolume volume)
    {
        if (turn.IsMade(volume) && volume.Spec.PersistentVolumeReclaimPolicy == ReclaimPolicies.Delete)
        {
            LookAtLeft(volume);
            return;
        }

        var patch = Patches.Phase(volume, VolumePhases.Available, turn.Now);
        if (volume.Metadata.Annotations.ContainsKey(StorageWords.BoundByController))
        {
            patch["spec"] = new JsonObject { ["claimRef"] = null };
            patch["metadata"] = new JsonObject { ["annotations"] = new JsonObject { [StorageWords.BoundByController] = null } };
        }
        else
        {
            patch["spec"] = new JsonObject { ["claimRef"] = new JsonObject { ["uid"] = null, ["resourceVersion"] = null } };
        }

        turn.Do(volume, Patches.Edit(volume, patch));
    }

    private void LookAtLeft(PersistentVolume volume)
    {
        if (volume.Status.Phase is not (VolumePhases.Released or VolumePhases.Failed))
        {
            Phase(volume, VolumePhases.Released);
        }
        else if (volume.Spec.PersistentVolumeReclaimPolicy != ReclaimPolicies.Delete)
        {
            if (volume.Metadata.DeletionTimestamp is not null)
            {
                Remove(volume);
            }
        }
        else if (!turn.IsDrivers(volume))
        {
            const string Why = "no deletable volume plugin matched: Insula removes only what it has made itself; set persistentVolumeReclaimPolicy to Retain, or delete the PersistentVolume";
            if (volume.Metadata.DeletionTimestamp is not null)
            {
                Remove(volume);
                return;
            }

            Fail(volume, $"error getting deleter volume plugin for volume \"{volume.Metadata.Name}\": {Why}");
        }
        else if (IsMadeAway(volume))
        {
            Remove(volume);
        }
    }

    /// <summary>Whether nothing is left of what a driver is to remove with it; it is told to.</summary>
    private bool IsMadeAway(PersistentVolume volume)
    {
        if (!turn.IsDrivers(volume) || volume.Spec.PersistentVolumeReclaimPolicy != ReclaimPolicies.Delete)
        {
            return true;
        }

        switch (turn.Work(volume))
        {
            case { Stage: DriverStage.Unmade }:
                return true;
            case { Stage: DriverStage.Making or DriverStage.Unmaking }:
                return false;
            case { Stage: DriverStage.UnmakeFailed } failed when failed.Until > turn.Now:
                Fail(volume, failed.Why);
                turn.Wait(failed.Until);
                return false;
            default:
                if (!turn.State.InUse.Contains(volume.Metadata.Name))
                {
                    turn.Do(volume, new StorageChange.Unmake(volume));
                }

                return false;
        }
    }

    private void Make(PersistentVolume volume, PersistentVolumeClaim claim)
    {
        switch (turn.Work(volume))
        {
            case { Stage: DriverStage.Made }:
                Phase(volume, VolumePhases.Available);
                turn.TellOf(claim, warning: false, "ProvisioningSucceeded", $"Successfully provisioned volume {volume.Metadata.Name} using {volume.Spec.Csi!.Driver}");
                break;
            case { Stage: DriverStage.Making or DriverStage.Unmaking }:
                break;
            case { Stage: DriverStage.MakeFailed } failed when failed.Until > turn.Now:
                turn.TellOf(claim, warning: true, "ProvisioningFailed", $"failed to provision volume with StorageClass \"{ClassNames.Of(volume)}\": {failed.Why}");
                turn.Wait(failed.Until);
                break;
            default:
                turn.Do(volume, new StorageChange.Make(volume));
                break;
        }
    }

    private void Fail(PersistentVolume volume, string why)
    {
        if (volume.Status.Phase != VolumePhases.Failed || volume.Status.Message != why)
        {
            turn.Do(volume, Patches.Edit(volume, Patches.Phase(volume, VolumePhases.Failed, turn.Now, why)));
        }

        turn.TellOf(volume, warning: true, "VolumeFailedDelete", why);
    }

    private void Phase(PersistentVolume volume, string phase)
    {
        if (volume.Status.Phase != phase)
        {
            turn.Do(volume, Patches.Edit(volume, Patches.Phase(volume, phase, turn.Now)));
        }
    }

    private void Remove(PersistentVolume volume)
    {
        if (volume.Metadata.DeletionTimestamp is null || volume.Metadata.Finalizers.Any(s_ours.Contains))
        {
            turn.Do(volume, new StorageChange.Remove(new ObjectSeen(ObjectSeen.Volumes, volume.Metadata), s_ours));
        }
    }
}
