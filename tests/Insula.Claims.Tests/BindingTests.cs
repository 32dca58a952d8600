using System.Text.Json.Nodes;
using Insula.Api.Storage;

namespace Insula.Claims.Tests;

/// <summary>Which volume of those that are there a claim gets, and keeps.</summary>
public sealed class BindingTests
{
    private readonly StorageWorld _world = new();

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
}
