using Insula.Linux.SecurityModules;

namespace Insula.Linux.Tests.SecurityModules;

public class SELinuxTests
{
    [Theory]
    [InlineData("u:r:t", "u", "r", "t", null)]
    [InlineData("u:r:t:s0", "u", "r", "t", "s0")]
    [InlineData("u:r:t:s0-s0:c0.c1023", "u", "r", "t", "s0-s0:c0.c1023")]
    public void A_context_has_three_or_four_parts(string text, string user, string role, string type, string? level)
    {
        Assert.Equal(new SELinuxContext(user, role, type, level), SELinuxContext.Parse(text));
        Assert.Equal(text, SELinuxContext.Parse(text)!.ToString());
    }

    [Theory]
    [InlineData("")]
    [InlineData("u:r")]
    [InlineData("u::t")]
    [InlineData("u:r:t:")]
    public void Other_texts_are_none(string text) => Assert.Null(SELinuxContext.Parse(text));

    [Fact]
    public void The_policy_s_file_for_containers_has_contexts_in_quotes()
    {
        var contexts = SELinux.Contexts("process = \"u:r:container_t:s0\"\ncontent = \"u:o:other_t:s0\"\nfile=\"u:o:container_file_t:s0\"\n# file = \"a:b:c\"\nro_file = \"a:b:c\"\n");
        Assert.Equal(("u:r:container_t:s0", "u:o:container_file_t:s0"), (contexts!.Process.ToString(), contexts.File.ToString()));
        Assert.Null(SELinux.Contexts("process = \"u:r:container_t:s0\"\n"));
        Assert.Null(SELinux.Contexts("process = \"u\"\nfile = \"u:o:container_file_t:s0\"\n"));
        Assert.Equal("default", SELinux.Value("# SELINUXTYPE=other\nSELINUX=permissive\nSELINUXTYPE=default\n", "SELINUXTYPE"));
        Assert.Null(SELinux.Value("SELINUXTYPE=\n", "SELINUXTYPE"));
    }
}
