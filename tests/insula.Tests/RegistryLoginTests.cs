using Insula.Cli.Client;
using Insula.Images.Registry;

namespace Insula.Cli.Tests;

public sealed class RegistryLoginTests
{
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
            Assert.Equal(new RegistryCredential("me", "sec:ret"), await RegistryLogin.FindAsync("one.example/app", CancellationToken.None));
            Assert.Equal(new RegistryCredential("hub", "pw"), await RegistryLogin.FindAsync("busybox", CancellationToken.None));
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
