using System.Runtime.InteropServices;
using Insula.Sandbox.Lifecycle;

namespace Insula.Sandbox.Tests.Lifecycle;

public sealed class IdentityFileTests
{
    [Fact]
    public void Ids_are_user_group_and_groups()
    {
        var user = IdentityFile.Decode(MemoryMarshal.AsBytes<uint>([1000, 4294967294, 5, 6]))!;
        Assert.Equal((1000u, 4294967294u), (user.Uid, user.Gid));
        Assert.Equal([5u, 6u], user.Groups);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(4)]
    [InlineData(9)]
    public void What_no_launcher_finished_says_nothing(int bytes) => Assert.Null(IdentityFile.Decode(new byte[bytes]));
}
