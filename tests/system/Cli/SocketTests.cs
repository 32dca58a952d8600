using System.Net.Sockets;
using Insula.SystemTests.Harness;

namespace Insula.SystemTests.Cli;

/// <summary>What is said where no daemon answers: which socket, why, and what to do.</summary>
public sealed class SocketTests
{
    [Theory]
    [InlineData("get", "pods")]
    [InlineData("exec", "pod", "--", "true")]
    [InlineData("logs", "pod")]
    [InlineData("top", "pods")]
    [InlineData("apply", "-f", "-")]
    [InlineData("images")]
    [InlineData("system", "check")]
    public async Task Without_a_socket(params string[] command)
    {
        const string Socket = "/no/such/directory/insula.sock";
        var said = await Commands.RunAsync(
            Repository.Program("insula"), command, Manifests.Pod("a", "true"), new Dictionary<string, string> { ["INSULA_SOCKET"] = Socket });
        Assert.Equal(
            (1, "", $"error: {Socket}: no such socket; is insulad running? start it, or name its socket in INSULA_SOCKET\n"),
            (said.ExitCode, said.Output, said.Error));
    }

    [Fact]
    public async Task With_a_socket_that_nobody_serves_any_more_or_that_is_not_the_caller_s()
    {
        var directory = Directory.CreateTempSubdirectory("insula-test-").FullName;
        File.SetUnixFileMode(directory, (UnixFileMode)0b111_101_101);
        var path = Path.Combine(directory, "insula.sock");
        try
        {
            // Its file stays when a daemon is killed. Bound by another name, so that closing the socket removes that one.
            using (var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified))
            {
                socket.Bind(new UnixDomainSocketEndPoint(path + ".bound"));
                File.Move(path + ".bound", path);
                socket.Listen();
                File.SetUnixFileMode(path, UnixFileMode.UserRead | UnixFileMode.UserWrite);
                var other = await Commands.RunAsync(
                    "setpriv", ["--reuid=65534", "--regid=65534", "--clear-groups", Repository.Program("insula"), "get", "pods"], environment: At(path));
                Assert.Equal(
                    (1, $"error: {path}: permission denied; the socket is open to root and its group: use sudo, or join the group\n"), (other.ExitCode, other.Error));
            }

            var dead = await Commands.RunAsync(Repository.Program("insula"), ["get", "pods"], environment: At(path));
            Assert.Equal((1, $"error: {path}: nobody listens there; insulad has ended, or is only starting: start it, or try again\n"), (dead.ExitCode, dead.Error));
        }
        finally
        {
            Directory.Delete(directory, recursive: true);
        }

        static Dictionary<string, string> At(string path) => new() { ["INSULA_SOCKET"] = path };
    }
}
