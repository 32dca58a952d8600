using Insula.Api.Storage;

namespace Insula.Claims.Tests;

/// <summary>Whatever users do, in any order, with daemons that die in between.</summary>
public sealed class StorageOrderTests
{
    /// <summary>Whatever users do, and wherever a daemon dies: nobody gets another's volume, nothing in use or retained goes, and it comes to an end.</summary>
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void Anything_may_happen_in_any_order(int seed)
    {
        var random = new Random(seed);
        for (var round = 0; round < 40; round++)
        {
            var world = new StorageWorld();
            world.AddClass("now");
            world.AddClass("later", BindingModes.WaitForFirstConsumer, standard: true);
            world.AddClass("kept", reclaim: ReclaimPolicies.Retain);
            var retained = new HashSet<string>();
            for (var step = 0; step < 60; step++)
            {
                Act(world, random, step);
                var decision = world.Decide();

                // A daemon that dies leaves some of it undone, and what drivers did untold.
                foreach (var change in decision.Changes.Take(random.Next(decision.Changes.Count + 1)))
                {
                    if (change is StorageChange.Unmake unmake)
                    {
                        Assert.DoesNotContain(unmake.Volume.Metadata.Name, world.InUse);
                        Assert.NotEqual(ReclaimPolicies.Retain, unmake.Volume.Spec.PersistentVolumeReclaimPolicy);
                        Assert.DoesNotContain(world.Claims, c => c.Metadata.Uid == unmake.Volume.Spec.ClaimRef?.Uid && c.Spec.VolumeName == unmake.Volume.Metadata.Name);
                    }

                    world.Do(change);
                }

                if (random.Next(5) == 0)
                {
                    world.Forget();
                }

                retained.UnionWith(world.Volumes.Where(v => v.Spec.StorageClassName == "kept").Select(v => v.Metadata.Name));
                AssertSound(world);
            }

            world.Refusal = null;
            world.Pass(60);
            world.Settle();
            AssertSound(world);
            Assert.Empty(retained.Intersect(world.Removed));

            // In the end nothing is left that nobody wants, and whoever may have a volume has one.
            world.Wanted.Clear();
            world.InUse.Clear();
            world.Settle();
            Assert.DoesNotContain(world.Claims, c => c.Metadata.DeletionTimestamp is not null);
            Assert.All(world.Claims.Where(c => c.Spec.StorageClassName is "now" or "kept" && string.IsNullOrEmpty(c.Spec.VolumeName)), c => Assert.NotNull(c.Spec.Selector));
            var named = world.Volumes.Select(v => v.Metadata.Name).ToHashSet();
            Assert.DoesNotContain(world.Directories, d => !named.Contains(d) && !retained.Contains(d));
        }
    }

    private static void Act(StorageWorld world, Random random, int step)
    {
        string? Any(IEnumerable<string> names) => names.OrderBy(_ => random.Next()).FirstOrDefault();
        var claim = Any(world.Claims.Select(c => c.Metadata.Name));
        var volume = Any(world.Volumes.Select(v => v.Metadata.Name));
        switch (random.Next(12))
        {
            case 0 or 1:
                world.AddClaim($"c{step}", Any(["now", "later", "kept", "", null!]), $"{random.Next(1, 5)}Gi", Any(["ReadWriteOnce", "ReadWriteMany", "ReadWriteOncePod"])!, random.Next(6) == 0 ? volume : null);
                break;
            case 2 or 3:
                world.AddVolume($"v{step}", $"{random.Next(1, 5)}Gi", Any(["", "now", "later"])!, Any(["ReadWriteOnce", "ReadWriteOnce,ReadWriteMany"])!, Any(["Retain", "Delete"])!, random.Next(4) == 0 ? claim : null);
                break;
            case 4 when claim is not null:
                world.Delete(ObjectSeen.Claims, claim);
                break;
            case 5 when volume is not null:
                world.Delete(ObjectSeen.Volumes, volume);
                break;
            case 6 when claim is not null && world.Claim(claim).Metadata.DeletionTimestamp is null:
                world.Wanted.Add(claim);
                if (world.Claim(claim) is { Status.Phase: ClaimPhases.Bound, Spec.VolumeName: { } used })
                {
                    world.InUse.Add(used);
                }

                break;
            case 7 when world.Wanted.Count > 0:
                var left = Any(world.Wanted)!;
                world.Wanted.Remove(left);
                world.InUse.Remove(world.Claims.FirstOrDefault(c => c.Metadata.Name == left)?.Spec.VolumeName ?? "");
                break;
            case 8 when volume is not null && world.Volume(volume).Status.Phase == VolumePhases.Released && world.Volume(volume).Spec.Csi is null:
                world.Change(ObjectSeen.Volumes, volume, d => d["spec"]!.AsObject().Remove("claimRef"));
                break;
            case 9:
                world.Refusal = world.Refusal is null ? "no" : null;
                break;
            case 10:
                world.Pass(11);
                break;
            default:
                break;
        }
    }

    private static void AssertSound(StorageWorld world)
    {
        var volumes = world.Volumes.ToDictionary(v => v.Metadata.Name);
        var bound = world.Claims.Where(c => c.Status.Phase == ClaimPhases.Bound).ToList();
        Assert.Equal(bound.Count, bound.Select(c => c.Spec.VolumeName).Distinct().Count());
        foreach (var claim in bound)
        {
            // Of a bound claim, volume and data are there.
            var volume = volumes[claim.Spec.VolumeName!];
            Assert.Equal(claim.Metadata.Uid, volume.Spec.ClaimRef!.Uid);
            Assert.True(Matching.Size(volume) >= Matching.Wish(claim) && claim.Spec.AccessModes.All(volume.Spec.AccessModes.Contains));
            Assert.True(volume.Spec.Csi is null || world.Directories.Contains(volume.Spec.Csi.VolumeHandle));
        }

        Assert.All(world.InUse.Where(volumes.ContainsKey), name => Assert.True(volumes[name].Spec.Csi is null || world.Directories.Contains(name)));
    }
}
