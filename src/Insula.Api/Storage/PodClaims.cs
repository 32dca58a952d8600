using Insula.Api.Core;

namespace Insula.Api.Storage;

/// <summary>The claims that a pod wants.</summary>
public static class PodClaims
{
    /// <summary>The name of the claim that a volume is about; null when it is about none.</summary>
    /// <param name="pod">The pod's name: a claim that is made for it begins with it.</param>
    /// <param name="volume">The volume.</param>
    public static string? NameOf(string pod, Volume volume)
    {
        ArgumentNullException.ThrowIfNull(volume);
        return volume.PersistentVolumeClaim?.ClaimName ?? (volume.Ephemeral is null ? null : $"{pod}-{volume.Name}");
    }

    /// <summary>The names of all of them.</summary>
    public static IEnumerable<string> NamesOf(Pod pod)
    {
        ArgumentNullException.ThrowIfNull(pod);
        return pod.Spec.Volumes.Select(volume => NameOf(pod.Metadata.Name, volume)).OfType<string>().Distinct();
    }

    /// <summary>Whether a claim was made for a pod.</summary>
    public static bool IsMadeFor(PersistentVolumeClaim claim, string uid)
    {
        ArgumentNullException.ThrowIfNull(claim);
        return claim.Metadata.OwnerReferences.Any(o => o.Uid == uid && o.Controller == true);
    }
}
