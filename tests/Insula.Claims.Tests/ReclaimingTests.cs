using System.Text.Json.Nodes;
using Insula.Api.Storage;

namespace Insula.Claims.Tests;

/// <summary>What goes with a claim or a volume, what stays and what protects it.</summary>
public sealed class ReclaimingTests
{
    private readonly StorageWorld _world = new();

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
}
