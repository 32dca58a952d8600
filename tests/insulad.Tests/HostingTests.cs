using System.Diagnostics;
using System.Net.Sockets;
using System.Text;
using Insulad.Hosting;
using Insulad.Logging;
using Microsoft.Extensions.Logging;
using Mono.Unix.Native;

namespace Insulad.Tests;

public sealed class HostingTests : IDisposable
{
    private readonly string _directory = Directory.CreateTempSubdirectory("insulad-").FullName;

    [Fact]
    public void A_second_daemon_on_the_same_directory_is_refused_by_name_of_the_first()
    {
        using var first = DirectoryLock.Acquire(_directory, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        var refusal = Assert.Throws<StartupException>(() => DirectoryLock.Acquire(_directory, UnixFileMode.None));
        Assert.Contains($"another insulad (process {Environment.ProcessId}) is running on {_directory}", refusal.Message, StringComparison.Ordinal);
        first.Dispose();
        using var second = DirectoryLock.Acquire(_directory, UnixFileMode.None);
    }

    [Fact]
    public void What_a_killed_daemon_was_about_to_start_holds_its_lock_for_a_moment_only()
    {
        const UnixFileMode own = (UnixFileMode)0b111_000_000;
        using var killed = Process.Start("true");
        killed.WaitForExit();
        File.SetUnixFileMode(_directory, own);
        var file = Path.Combine(_directory, "lock");
        File.WriteAllText(file, $"{killed.Id}\n");
        using var heir = Process.Start(new ProcessStartInfo("flock", [file, "sh", "-c", "echo held; exec sleep 1"]) { RedirectStandardOutput = true })!;
        Assert.Equal("held", heir.StandardOutput.ReadLine());
        DirectoryLock.Acquire(_directory, own).Dispose();
        heir.WaitForExit();
    }

    [Fact]
    public void A_directory_that_is_open_to_others_is_closed_unless_it_is_not_ours()
    {
        const UnixFileMode all = (UnixFileMode)0b111_111_111, own = (UnixFileMode)0b111_000_000;
        File.SetUnixFileMode(_directory, all);
        using (DirectoryLock.Acquire(_directory, own))
        {
            Assert.Equal(own, File.GetUnixFileMode(_directory));
        }

        File.SetUnixFileMode(_directory, all);
        DirectoryLock.Acquire(_directory, own).Dispose();
        Assert.Equal(own, File.GetUnixFileMode(_directory));

        File.Delete(Path.Combine(_directory, "lock"));
        File.WriteAllText(Path.Combine(_directory, "theirs"), "");
        File.SetUnixFileMode(_directory, all);
        Assert.Contains("holds other things", Assert.Throws<StartupException>(() => DirectoryLock.Acquire(_directory, own)).Message, StringComparison.Ordinal);
        Assert.Equal(all, File.GetUnixFileMode(_directory));
    }

    [Fact]
    public void A_stale_socket_is_replaced_and_a_living_one_is_not()
    {
        var path = Path.Combine(_directory, "s.sock");
        using (var stale = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified))
        {
            stale.Bind(new UnixDomainSocketEndPoint(path));
            File.Move(path, path + ".kept");
        }

        File.Move(path + ".kept", path);
        using (var socket = ApiSocket.Bind(path, FilePermissions.ACCESSPERMS, null))
        {
            socket.Socket.Listen();
            Assert.Contains("somebody else is serving", Assert.Throws<StartupException>(() => ApiSocket.Bind(path, FilePermissions.ACCESSPERMS, null)).Message, StringComparison.Ordinal);
        }

        Assert.False(File.Exists(path));
        File.WriteAllText(path, "");
        Assert.Contains("is not a socket", Assert.Throws<StartupException>(() => ApiSocket.Bind(path, FilePermissions.ACCESSPERMS, null)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void The_service_manager_hears_ready_watchdog_and_stopping()
    {
        var path = Path.Combine(_directory, "notify");
        using var manager = new Socket(AddressFamily.Unix, SocketType.Dgram, ProtocolType.Unspecified);
        manager.Bind(new UnixDomainSocketEndPoint(path));
        using var notifier = new SystemdNotifier(path, "30000000", null);
        Assert.Equal(TimeSpan.FromSeconds(30), notifier.WatchdogInterval);
        notifier.Ready("serving");
        notifier.Watchdog();
        notifier.Stopping();
        var buffer = new byte[256];
        Assert.Equal("READY=1\nSTATUS=serving", Encoding.UTF8.GetString(buffer, 0, manager.Receive(buffer)));
        Assert.Equal("WATCHDOG=1", Encoding.UTF8.GetString(buffer, 0, manager.Receive(buffer)));
        Assert.StartsWith("STOPPING=1\n", Encoding.UTF8.GetString(buffer, 0, manager.Receive(buffer)), StringComparison.Ordinal);
    }

    [Fact]
    public void Another_processes_watchdog_is_not_fed()
    {
        using var notifier = new SystemdNotifier(null, "30000000", "1");
        Assert.Null(notifier.WatchdogInterval);
        notifier.Ready("nobody listens");
    }

    [Fact]
    public void Journal_lines_bear_their_severity_and_nothing_forges_one()
    {
        using var stream = new MemoryStream();
        using (var output = new LogOutput(stream))
        {
            var logger = new LineLoggerProvider(output, LineStyle.Journal, TimeProvider.System).CreateLogger("Insula.Pods.Worker");
            logger.Log(LogLevel.Warning, default, "bad\nname\e[31m", null, (s, _) => s);
        }

        Assert.Equal("<4>Worker: bad\n<4>    name\\x1b[31m\n", Encoding.UTF8.GetString(stream.ToArray()));
    }

    public void Dispose() => Directory.Delete(_directory, recursive: true);
}
