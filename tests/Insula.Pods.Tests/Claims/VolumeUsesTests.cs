using Insula.Pods.Claims;

namespace Insula.Pods.Tests.Claims;

public sealed class VolumeUsesTests
{
    private readonly VolumeUses _uses = new();

    [Fact]
    public void A_volume_for_one_pod_is_had_by_one_and_others_by_many()
    {
        Assert.Null(_uses.Take([("shared", false), ("own", true)], "a"));
        Assert.Null(_uses.Take([("shared", false), ("own", true)], "a"));
        Assert.Null(_uses.Take([("shared", false)], "b"));
        Assert.Equal(("own", "a"), _uses.Take([("more", false), ("own", true)], "b"));

        // All or none: what was not had as a whole is not had in part.
        Assert.Equal(["own", "shared"], _uses.InUse.Order(StringComparer.Ordinal));
        _uses.Release("a");
        Assert.Equal(["shared"], _uses.InUse);
        Assert.Null(_uses.Take([("own", true)], "b"));
        _uses.Release("b");
        _uses.Release("b");
        Assert.Empty(_uses.InUse);
    }
}
