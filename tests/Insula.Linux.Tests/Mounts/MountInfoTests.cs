using Insula.Linux.Mounts;

namespace Insula.Linux.Tests.Mounts;

public sealed class MountInfoTests
{
    [Fact]
    public void A_line_with_optional_fields_and_escapes()
    {
        const string Line = "36 35 98:0 /mnt1 /mnt\\0402/\\303\\244 rw,noatime master:1 shared:2 - ext3 /dev/my\\134root rw,errors=continue\n";
        var mount = Assert.Single(MountInfo.Parse(Line));
        Assert.Equal(36, mount.Id);
        Assert.Equal((98u, 0u), (mount.Major, mount.Minor));
        Assert.Equal("/mnt 2/ä", mount.Target);
        Assert.Equal(["master:1", "shared:2"], mount.Propagation);
        Assert.Equal("ext3", mount.Type);
        Assert.Equal("/dev/my\\root", mount.Source);
        Assert.Equal(["rw", "errors=continue"], mount.SuperOptions);
    }

    [Fact]
    public void Own_mounts_contain_proc() => Assert.Contains(MountInfo.ReadSelf(), mount => mount is { Target: "/proc", Type: "proc" });

    [Fact]
    public void Other_text_is_refused() => Assert.Throws<FormatException>(() => MountInfo.Parse("/dev/sda1 / ext4 rw 0 0\n"));
}
