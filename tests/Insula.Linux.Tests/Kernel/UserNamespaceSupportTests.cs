using Insula.Linux.Kernel;

namespace Insula.Linux.Tests.Kernel;

public sealed class UserNamespaceSupportTests
{
    private static readonly KernelVersion _new = new(6, 1);

    [Theory]
    [InlineData("")]
    [InlineData("15000\n")]
    public void Nothing_is_missing_on_a_usual_machine(string limit) => Assert.Null(UserNamespaceSupport.Lack(_new, true, limit));

    [Fact]
    public void What_is_missing_is_named()
    {
        Assert.Contains("CONFIG_USER_NS", UserNamespaceSupport.Lack(_new, false, ""), StringComparison.Ordinal);
        Assert.Contains("user.max_user_namespaces is 0", UserNamespaceSupport.Lack(_new, true, "0\n"), StringComparison.Ordinal);
        Assert.Contains("Linux 5.19; this is 5.15", UserNamespaceSupport.Lack(new KernelVersion(5, 15), true, "15000\n"), StringComparison.Ordinal);
        Assert.Null(UserNamespaceSupport.Lack(new KernelVersion(5, 19), true, "15000\n"));
    }
}
