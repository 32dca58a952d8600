using Insula.Linux.SecurityModules;

namespace Insula.Linux.Tests.SecurityModules;

public class AppArmorTests
{
    private const string List = "/usr/bin/man (enforce)\nman_filter (complain)\nwith (a blank (unconfined)\n (enforce)\nnothing\n";

    [Theory]
    [InlineData("/usr/bin/man", true)]
    [InlineData("man_filter", true)]
    [InlineData("with (a blank", true)]
    [InlineData("with", false)]
    [InlineData("man", false)]
    [InlineData("man_filter (complain)", false)]
    [InlineData("nothing", false)]
    [InlineData("", false)]
    public void The_kernel_s_list_has_names_and_modes(string profile, bool there) => Assert.Equal(there, AppArmor.Contains(List, profile));
}
