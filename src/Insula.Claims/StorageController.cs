using Insula.Api.Storage;

namespace Insula.Claims;

/// <summary>
/// Gives claims their volumes and sees to volumes whose claims are gone: what Kubernetes' controllers of persistent volumes, their protection and their
/// provisioner do together, as a pure function of all there is. Everything it needs is in the objects, so that a daemon that comes after a killed one
/// asks the same question and goes on: a volume's object is there before what it is about is made, and until that is removed.
/// </summary>
public static class StorageController
{
    /// <summary>What is to be done, and what there is to say.</summary>
    /// <param name="state">What there is.</param>
    /// <param name="now">The time.</param>
    public static StorageDecision Decide(StorageState state, DateTimeOffset now)
    {
        ArgumentNullException.ThrowIfNull(state);
        var turn = new StorageTurn(state, now);
        foreach (var claim in state.Claims.OrderBy(c => c.Metadata.CreationTimestamp).ThenBy(c => c.Metadata.Namespace, StringComparer.Ordinal).ThenBy(c => c.Metadata.Name, StringComparer.Ordinal))
        {
            new ClaimRules(turn).Look(claim);
        }

        foreach (var ephemeral in state.Ephemeral.Where(e => turn.Claim(e.Namespace, e.Name) is null))
        {
            turn.Do(new StorageChange.Create(ObjectSeen.Claims, ephemeral.Namespace, ClaimRules.For(ephemeral)));
        }

        foreach (var volume in state.Volumes.OrderBy(v => v.Metadata.Name, StringComparer.Ordinal))
        {
            new VolumeRules(turn).Look(volume);
        }

        return new(turn.Changes, turn.Notes, turn.LookAgain);
    }

    /// <summary>The name of the volume that is made for a claim.</summary>
    public static string VolumeNameOf(PersistentVolumeClaim claim)
    {
        ArgumentNullException.ThrowIfNull(claim);
        return $"pvc-{claim.Metadata.Uid}";
    }
}
