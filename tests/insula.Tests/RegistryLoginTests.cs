using Insula.Cli.Client;

namespace Insula.Cli.Tests;

public sealed class RegistryLoginTests
{
    [Theory]
    [InlineData("busybox", "docker.io")]
    [InlineData("team/app:1", "docker.io")]
    [InlineData("index.docker.io/team/app", "docker.io")]
    [InlineData("localhost/app", "localhost")]
    [InlineData("localhost:5000/app", "localhost:5000")]
    [InlineData("registry.example/team/app@sha256:00", "registry.example")]
    public void The_registry_is_the_first_part_where_that_can_be_none_of_a_repository(string reference, string registry) =>
        Assert.Equal(registry, RegistryLogin.RegistryOf(reference));

    [Fact]
    public async Task What_was_left_by_a_login_is_found_and_what_is_broken_is_named()
    {
        var directory = Directory.CreateTempSubdirectory("insula-login-").FullName;
        var before = Environment.GetEnvironmentVariable("REGISTRY_AUTH_FILE");
        var file = Path.Combine(directory, "auth.json");
        try
        {
            Environment.SetEnvironmentVariable("REGISTRY_AUTH_FILE", file);
            await File.WriteAllTextAsync(file, """{"auths":{"one.example":{"auth":"bWU6c2VjOnJldA=="},"https://index.docker.io/v1/":{"auth":"aHViOnB3"},"bad.example":{"auth":"???"}}}""");
            Assert.Equal(("me", "sec:ret"), await RegistryLogin.FindAsync("one.example/app", CancellationToken.None));
            Assert.Equal(("hub", "pw"), await RegistryLogin.FindAsync("busybox", CancellationToken.None));
            var e = await Assert.ThrowsAsync<CommandException>(() => RegistryLogin.FindAsync("bad.example/app", CancellationToken.None));
            Assert.StartsWith(file, e.Message, StringComparison.Ordinal);
            await File.WriteAllTextAsync(file, """{"credHelpers":{"one.example":"insula-has-no-such"}}""");
            e = await Assert.ThrowsAsync<CommandException>(() => RegistryLogin.FindAsync("one.example/app", CancellationToken.None));
            Assert.Contains("docker-credential-insula-has-no-such", e.Message, StringComparison.Ordinal);
            await File.WriteAllTextAsync(file, "{");
            e = await Assert.ThrowsAsync<CommandException>(() => RegistryLogin.FindAsync("one.example/app", CancellationToken.None));
            Assert.Contains("not JSON", e.Message, StringComparison.Ordinal);
        }
        finally
        {
            Environment.SetEnvironmentVariable("REGISTRY_AUTH_FILE", before);
            Directory.Delete(directory, recursive: true);
        }
    }
}
