using System.Text.Json.Nodes;
using Insula.Api.Storage;
using Insula.Api.Values;

namespace Insula.Claims.Tests;

/// <summary>Volumes that are made for claims, and claims that get none.</summary>
public sealed class ProvisioningTests
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
}
