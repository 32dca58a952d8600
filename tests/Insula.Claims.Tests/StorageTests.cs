using System.Text.Json.Nodes;
using Insula.Api.Storage;
using Insula.Api.Values;

namespace Insula.Claims.Tests;

public sealed class StorageTests
{
    private readonly StorageWorld _world = new();

    [Fact]
    public void A_claim_of_a_class_gets_a_volume_that_is_made_for_it()
    {
        _world.AddClass("local");
        _world.AddClaim("data", "local", "2Gi");
        _world.Settle();
        var claim = _world.Claim("data");
        var volume = Assert.Single(_world.Volumes);
        Assert.Equal((ClaimPhases.Bound, StorageController.VolumeNameOf(claim)), (claim.Status.Phase, claim.Spec.VolumeName));
        Assert.Equal("2Gi", claim.Status.Capacity["storage"].ToString());
        Assert.Equal((VolumePhases.Bound, ReclaimPolicies.Delete, "local", claim.Metadata.Uid), (volume.Status.Phase, volume.Spec.PersistentVolumeReclaimPolicy, volume.Spec.StorageClassName, volume.Spec.ClaimRef!.Uid));
        Assert.Equal([volume.Spec.Csi!.VolumeHandle], _world.Directories);
        Assert.Contains($"ProvisioningSucceeded: Successfully provisioned volume {volume.Metadata.Name} using {StorageWorld.Driver}", _world.Notes);
    }

    [Fact]
    public void The_object_of_a_volume_is_there_before_the_volume_and_until_it_is_removed()
    {
        _world.AddClass("local");
        _world.AddClaim("data", "local");
        var first = Assert.IsType<StorageChange.Create>(Assert.Single(_world.Decide().Changes));
        _world.Do(first);
        Assert.Equal(VolumePhases.Pending, Assert.Single(_world.Volumes).Status.Phase);
        Assert.IsType<StorageChange.Make>(Assert.Single(_world.Decide().Changes));
        _world.Settle();
        _world.Delete(ObjectSeen.Claims, "data");
        Assert.IsType<StorageChange.Remove>(Assert.Single(_world.Decide().Changes));
        _world.Do(_world.Decide().Changes[0]);
        _world.Do(_world.Decide().Changes[0]);
        Assert.Equal(VolumePhases.Released, _world.Volumes[0].Status.Phase);
        Assert.IsType<StorageChange.Unmake>(Assert.Single(_world.Decide().Changes));
        Assert.Single(_world.Directories);
        _world.Settle();
        Assert.Empty(_world.Directories);
        Assert.Empty(_world.Volumes);
    }

    [Fact]
    public void A_claim_may_wait_for_its_first_consumer()
    {
        _world.AddClass("local", BindingModes.WaitForFirstConsumer);
        _world.AddClaim("data", "local");
        _world.Settle();
        Assert.Empty(_world.Volumes);
        Assert.Equal(["WaitForFirstConsumer: waiting for first consumer to be created before binding"], _world.Notes);
        _world.Wanted.Add("data");
        _world.Settle();
        Assert.Equal(ClaimPhases.Bound, _world.Claim("data").Status.Phase);
    }

    [Theory]
    [InlineData("", "FailedBinding: no persistent volumes available for this claim and no storage class is set")]
    [InlineData("fast", "ProvisioningFailed: storageclass.storage.k8s.io \"fast\" not found")]
    [InlineData("foreign", "ExternalProvisioning: Waiting for a volume to be created either by the external provisioner 'ebs.csi.aws.com' or manually by the system administrator. Insula has insula.dev/local alone.")]
    [InlineData("manual", "FailedBinding: no persistent volumes available for this claim, and its class makes none")]
    public void A_claim_that_gets_nothing_says_why(string storage, string note)
    {
        _world.AddClass("foreign", provisioner: "ebs.csi.aws.com");
        _world.AddClass("manual", provisioner: "kubernetes.io/no-provisioner");
        _world.AddClaim("data", storage);
        _world.Settle();
        Assert.Equal([note], _world.Notes);
        Assert.Equal(ClaimPhases.Pending, _world.Claim("data").Status.Phase);
    }

    [Fact]
    public void No_volume_is_made_for_a_claim_that_selects_by_labels()
    {
        _world.AddClass("local");
        _world.AddClaim("data", "local", label: "ssd");
        _world.Settle();
        Assert.Equal(["ProvisioningFailed: failed to provision volume with StorageClass \"local\": claim Selector is not supported"], _world.Notes);
        _world.AddVolume("one", storage: "local", label: "ssd");
        _world.Settle();
        Assert.Equal("one", _world.Claim("data").Spec.VolumeName);
    }

    [Fact]
    public void A_claim_without_a_class_gets_the_default_one_also_when_that_comes_later()
    {
        _world.AddClaim("data", null);
        _world.AddClaim("none", "");
        _world.Settle();
        Assert.Equal(ClaimPhases.Pending, _world.Claim("data").Status.Phase);
        _world.AddClass("old", standard: true);
        _world.AddClass("new", standard: true);
        _world.Settle();
        Assert.Equal(("new", ClaimPhases.Bound), (_world.Claim("data").Spec.StorageClassName, _world.Claim("data").Status.Phase));
        Assert.Equal(("", ClaimPhases.Pending), (_world.Claim("none").Spec.StorageClassName, _world.Claim("none").Status.Phase));
    }

    [Fact]
    public void The_smallest_that_is_large_enough_and_has_all_modes_is_taken()
    {
        _world.AddVolume("small", "1Gi");
        _world.AddVolume("large", "10Gi");
        _world.AddVolume("right", "5Gi");
        _world.AddVolume("both", "4Gi", modes: "ReadWriteOnce,ReadWriteMany");
        _world.AddVolume("other", "4Gi", storage: "slow");
        _world.AddClaim("data", "", "4Gi");
        _world.AddClaim("shared", "", "1Gi", "ReadWriteMany");
        _world.Settle();
        Assert.Equal(("right", "5Gi"), (_world.Claim("data").Spec.VolumeName, _world.Claim("data").Status.Capacity["storage"].ToString()));
        Assert.Equal("both", _world.Claim("shared").Spec.VolumeName);
        Assert.Equal(VolumePhases.Available, _world.Volume("small").Status.Phase);
    }

    [Fact]
    public void A_volume_that_is_kept_for_a_claim_is_nobody_else_s()
    {
        _world.AddVolume("kept", claim: "data");
        _world.AddClaim("other", "");
        _world.AddVolume("free", "1Gi");
        _world.Settle();
        Assert.Equal("free", _world.Claim("other").Spec.VolumeName);
        Assert.Equal(VolumePhases.Available, _world.Volume("kept").Status.Phase);
        _world.AddClaim("data", "", "10Mi");
        _world.Settle();
        Assert.Equal("kept", _world.Claim("data").Spec.VolumeName);
        Assert.False(_world.Volume("kept").Metadata.Annotations.ContainsKey(StorageWords.BoundByController));
    }

    [Theory]
    [InlineData("10Gi", "ReadWriteOnce", "", "VolumeMismatch: Cannot bind to requested volume \"one\": requested PV is too small")]
    [InlineData("1Gi", "ReadWriteMany", "", "VolumeMismatch: Cannot bind to requested volume \"one\": incompatible accessMode")]
    [InlineData("1Gi", "ReadWriteOnce", "fast", "VolumeMismatch: Cannot bind to requested volume \"one\": storageClassName does not match")]
    [InlineData("1Gi", "ReadWriteOnce", "", null)]
    public void A_claim_may_name_its_volume(string size, string modes, string storage, string? note)
    {
        _world.AddClaim("data", storage, size, modes, volume: "one");
        _world.Settle();
        Assert.Equal(["FailedBinding: volume \"one\" not found"], _world.Notes);
        _world.Notes.Clear();
        _world.AddVolume("one");
        _world.Settle();
        Assert.Equal(note is null ? ClaimPhases.Bound : ClaimPhases.Pending, _world.Claim("data").Status.Phase);
        Assert.Equal(note is null ? [] : [note], _world.Notes.Distinct().Where(n => n.StartsWith("Volume", StringComparison.Ordinal)));
    }

    [Fact]
    public void A_named_volume_that_is_another_claim_s_is_waited_for()
    {
        _world.AddVolume("one");
        _world.AddClaim("first", "");
        _world.Settle();
        _world.AddClaim("second", "", volume: "one");
        _world.Settle();
        Assert.Equal("FailedBinding: volume \"one\" already bound to a different claim.", _world.Notes[^1]);
        _world.Delete(ObjectSeen.Claims, "first");
        _world.Settle();
        Assert.Equal(VolumePhases.Released, _world.Volume("one").Status.Phase);

        // Somebody has seen to it, and gives it free.
        _world.Change(ObjectSeen.Volumes, "one", d => d["spec"]!.AsObject().Remove("claimRef"));
        _world.Settle();
        Assert.Equal(("one", ClaimPhases.Bound), (_world.Claim("second").Spec.VolumeName, _world.Claim("second").Status.Phase));
    }

    [Fact]
    public void A_claim_in_use_stays_until_the_pod_is_gone()
    {
        _world.AddClass("local");
        _world.AddClaim("data", "local");
        _world.Wanted.Add("data");
        _world.Settle();
        _world.InUse.Add(_world.Volumes[0].Metadata.Name);
        _world.Delete(ObjectSeen.Claims, "data");
        _world.Settle();
        Assert.True(_world.Has(ObjectSeen.Claims, "data"));

        // The pod has ended, and its sandbox is not gone yet.
        _world.Wanted.Clear();
        _world.Settle();
        Assert.False(_world.Has(ObjectSeen.Claims, "data"));
        Assert.Single(_world.Directories);
        _world.InUse.Clear();
        _world.Settle();
        Assert.Empty(_world.Directories);
        Assert.Empty(_world.Volumes);
    }

    [Fact]
    public void A_bound_volume_stays_until_its_claim_is_gone()
    {
        _world.AddVolume("one");
        _world.AddClaim("data", "");
        _world.Settle();
        _world.Delete(ObjectSeen.Volumes, "one");
        _world.Settle();
        Assert.Equal(VolumePhases.Bound, _world.Volume("one").Status.Phase);
        _world.Delete(ObjectSeen.Claims, "data");
        _world.Settle();
        Assert.Empty(_world.Volumes);
    }

    [Fact]
    public void What_is_retained_keeps_its_data_also_when_its_object_goes()
    {
        _world.AddClass("kept", reclaim: ReclaimPolicies.Retain);
        _world.AddClaim("data", "kept");
        _world.Settle();
        var volume = _world.Volumes[0].Metadata.Name;
        _world.Delete(ObjectSeen.Claims, "data");
        _world.Settle();
        Assert.Equal(VolumePhases.Released, _world.Volume(volume).Status.Phase);
        _world.Delete(ObjectSeen.Volumes, volume);
        _world.Settle();
        Assert.Empty(_world.Volumes);
        Assert.Equal([volume], _world.Directories);
    }

    [Fact]
    public void A_volume_that_was_made_and_is_deleted_first_takes_its_data_with_its_claim()
    {
        _world.AddClass("local");
        _world.AddClaim("data", "local");
        _world.Settle();
        _world.Delete(ObjectSeen.Volumes, _world.Volumes[0].Metadata.Name);
        _world.Settle();
        Assert.Single(_world.Directories);
        _world.Delete(ObjectSeen.Claims, "data");
        _world.Settle();
        Assert.Empty(_world.Volumes);
        Assert.Empty(_world.Directories);
    }

    [Fact]
    public void A_path_of_the_machine_is_never_removed()
    {
        _world.AddVolume("one", reclaim: ReclaimPolicies.Delete);
        _world.AddClaim("data", "");
        _world.Settle();
        _world.Delete(ObjectSeen.Claims, "data");
        _world.Settle();
        Assert.Equal(VolumePhases.Failed, _world.Volume("one").Status.Phase);
        Assert.Contains("Insula removes only what it has made itself", _world.Volume("one").Status.Message, StringComparison.Ordinal);
        Assert.StartsWith("VolumeFailedDelete: error getting deleter volume plugin for volume \"one\"", _world.Notes[^1], StringComparison.Ordinal);
        _world.Delete(ObjectSeen.Volumes, "one");
        _world.Settle();
        Assert.Empty(_world.Volumes);
    }

    [Fact]
    public void What_a_driver_cannot_do_yet_is_tried_again_and_told()
    {
        _world.AddClass("local");
        _world.Refusal = "the disk is full";
        _world.AddClaim("data", "local");
        _world.Settle();
        Assert.Equal("ProvisioningFailed: failed to provision volume with StorageClass \"local\": the disk is full", _world.Notes[^1]);
        Assert.NotNull(_world.Decide().LookAgain);
        _world.Refusal = null;
        _world.Pass(20);
        _world.Settle();
        Assert.Equal(ClaimPhases.Bound, _world.Claim("data").Status.Phase);
        _world.Refusal = "something is mounted there";
        _world.Delete(ObjectSeen.Claims, "data");
        _world.Settle();
        Assert.Equal((VolumePhases.Failed, "something is mounted there"), (_world.Volumes[0].Status.Phase, _world.Volumes[0].Status.Message));
        _world.Refusal = null;
        _world.Pass(20);
        _world.Settle();
        Assert.Empty(_world.Volumes);
        Assert.Empty(_world.Directories);
    }

    [Fact]
    public void A_claim_whose_volume_is_gone_is_lost()
    {
        _world.AddVolume("one");
        _world.AddClaim("data", "");
        _world.Settle();
        _world.Change(ObjectSeen.Volumes, "one", d => d["metadata"]!["finalizers"] = null);
        _world.Delete(ObjectSeen.Volumes, "one");
        _world.Settle();
        Assert.Equal(ClaimPhases.Lost, _world.Claim("data").Status.Phase);
        Assert.Equal("ClaimLost: Bound claim has lost its PersistentVolume. Data on the volume is lost!", _world.Notes[^1]);
    }

    [Fact]
    public void Who_says_to_have_another_s_volume_is_lost()
    {
        _world.AddVolume("one");
        _world.AddClaim("data", "");
        _world.Settle();
        _world.AddClaim("thief", "", volume: "one");
        _world.Change(ObjectSeen.Claims, "thief", d => d["metadata"]!["annotations"] = new JsonObject { [StorageWords.BindCompleted] = "yes" });
        _world.Settle();
        Assert.Equal(ClaimPhases.Lost, _world.Claim("thief").Status.Phase);
        Assert.Equal(ClaimPhases.Bound, _world.Claim("data").Status.Phase);
        Assert.Equal("ClaimMisbound: Two claims are bound to the same volume, this one is bound incorrectly", _world.Notes[^1]);
    }

    [Fact]
    public void A_claim_may_grow()
    {
        _world.AddClass("local");
        _world.AddClaim("data", "local");
        _world.Settle();
        _world.Change(ObjectSeen.Claims, "data", d => d["spec"]!["resources"]!["requests"]!["storage"] = "5Gi");
        _world.Settle();
        Assert.Equal(Quantity.Parse("5Gi"), _world.Claim("data").Status.Capacity["storage"]);
        Assert.Equal(Quantity.Parse("5Gi"), Matching.Size(_world.Volumes[0]));
        Assert.Contains("VolumeResizeSuccessful: Resize volume succeeded", _world.Notes);
    }

    [Fact]
    public void A_claim_is_made_for_a_pod_which_owns_it()
    {
        _world.AddClass("local", BindingModes.WaitForFirstConsumer, standard: true);
        var template = new JsonObject
        {
            ["metadata"] = new JsonObject { ["labels"] = new JsonObject { ["a"] = "b" } },
            ["spec"] = new JsonObject { ["accessModes"] = new JsonArray("ReadWriteOnce"), ["resources"] = new JsonObject { ["requests"] = new JsonObject { ["storage"] = "1Gi" } } },
        };
        _world.Ephemeral.Add(new EphemeralClaim("default", "web", "uid-web", "web-scratch", template));
        _world.Wanted.Add("web-scratch");
        _world.Settle();
        var claim = _world.Claim("web-scratch");
        Assert.Equal(ClaimPhases.Bound, claim.Status.Phase);
        Assert.True(PodClaims.IsMadeFor(claim, "uid-web"));
        Assert.Equal("b", claim.Metadata.Labels["a"]);
        Assert.Single(_world.Claims);
    }

    [Fact]
    public void Protection_that_was_taken_away_is_put_back()
    {
        _world.AddVolume("one");
        _world.AddClaim("data", "");
        _world.Settle();
        _world.Change(ObjectSeen.Claims, "data", d => d["metadata"]!["finalizers"] = new JsonArray("example.com/own"));
        _world.Change(ObjectSeen.Volumes, "one", d => d["metadata"]!["finalizers"] = null);
        _world.Settle();
        Assert.Equal(["example.com/own", StorageWords.ClaimProtection], _world.Claim("data").Metadata.Finalizers);
        Assert.Equal([StorageWords.VolumeProtection], _world.Volume("one").Metadata.Finalizers);

        // What others keep stays theirs.
        _world.Delete(ObjectSeen.Claims, "data");
        _world.Settle();
        Assert.Equal(["example.com/own"], _world.Claim("data").Metadata.Finalizers);
    }

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
