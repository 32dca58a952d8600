using System.Buffers.Binary;
using System.Globalization;
using System.Runtime.InteropServices;
using Insula.Linux;
using Insula.Linux.LibC;
using Insula.SystemTests.Harness;

namespace Insula.SystemTests.Faults;

/// <summary>
/// A file system of which nobody answers any more, from some moment on: FUSE, spoken over <c>/dev/fuse</c> by this process. Until then it
/// is an empty directory. See linux/fuse.h for the messages.
/// </summary>
internal sealed class HungFileSystem : IAsyncDisposable
{
    private const string Connections = "/sys/fs/fuse/connections";
    private const int FuseForget = 2, FuseInterrupt = 36, FuseBatchForget = 42, FuseDestroy = 38;

    private readonly string _target;
    private readonly FileStream _device;
    private readonly Thread _server;
    private readonly uint _connection;
    private volatile bool _hangs;
    private volatile bool _isWaitedFor;

    private HungFileSystem(string target, FileStream device)
    {
        _target = target;
        _device = device;
        _server = new Thread(Serve) { IsBackground = true, Name = "fuse" };
        _server.Start();

        // The minor number of the device is the connection's name; looking it up needs no answer of ours beyond INIT.
        var line = File.ReadLines("/proc/self/mountinfo").Last(l => l.Split(' ')[4] == target);
        _connection = uint.Parse(line.Split(' ')[2].Split(':')[1], CultureInfo.InvariantCulture);
    }

    /// <summary>Whether somebody has asked for something since it hangs.</summary>
    public bool IsWaitedFor => _isWaitedFor;

    /// <summary>Mounts one on a directory.</summary>
    public static async Task<HungFileSystem> MountAsync(string target)
    {
        var device = new FileStream("/dev/fuse", FileMode.Open, FileAccess.ReadWrite, FileShare.ReadWrite, bufferSize: 0);
        try
        {
            Mount(target, (int)device.SafeFileHandle.DangerousGetHandle());
            var made = new HungFileSystem(target, device);
            await Task.Run(() => Directory.GetFiles(target));
            return made;
        }
        catch
        {
            await device.DisposeAsync();
            throw;
        }
    }

    /// <summary>From now on nothing is answered.</summary>
    public void Hang() => _hangs = true;

    /// <summary>Ends the connection: who waits gets ENOTCONN. The mount stays.</summary>
    public async Task AbortAsync()
    {
        // fusectl need not be mounted on this machine: it is for this command.
        var script = $"mount -t fusectl none {Connections}; [ ! -e {Connections}/{_connection} ] || echo 1 > {Connections}/{_connection}/abort";
        (await Commands.RunAsync("unshare", ["--mount", "--propagation", "private", "sh", "-ec", script])).Succeeded();
    }

    public async ValueTask DisposeAsync()
    {
        await AbortAsync();
        (await Commands.RunAsync("umount", ["--lazy", _target])).Succeeded();
        _server.Join();
        await _device.DisposeAsync();
    }

    private static unsafe void Mount(string target, int device)
    {
        var options = $"fd={device},rootmode=40000,user_id=0,group_id=0,allow_other";
        if (sys_mount.mount("insula-test", target, "fuse", sys_mount.MS_NOSUID | sys_mount.MS_NODEV, options) != 0)
        {
            throw new LinuxException("mount fuse", target, (Errno)Marshal.GetLastPInvokeError());
        }
    }

    private void Serve()
    {
        var buffer = new byte[1 << 20];
        while (true)
        {
            int length;
            try
            {
                length = _device.Read(buffer);
            }
            catch (IOException)
            {
                return; // ENODEV: unmounted or aborted
            }

            if (length == 0)
            {
                return;
            }

            var opcode = (int)BinaryPrimitives.ReadUInt32LittleEndian(buffer.AsSpan(4));
            var unique = BinaryPrimitives.ReadUInt64LittleEndian(buffer.AsSpan(8));
            var node = BinaryPrimitives.ReadUInt64LittleEndian(buffer.AsSpan(16));
            if (opcode is FuseForget or FuseInterrupt or FuseBatchForget or FuseDestroy)
            {
                continue;
            }

            if (_hangs)
            {
                _isWaitedFor = true;
                continue;
            }

            var (error, body) = Answer(opcode, node);
            var reply = new byte[16 + body.Length];
            BinaryPrimitives.WriteUInt32LittleEndian(reply, (uint)reply.Length);
            BinaryPrimitives.WriteInt32LittleEndian(reply.AsSpan(4), -(int)error);
            BinaryPrimitives.WriteUInt64LittleEndian(reply.AsSpan(8), unique);
            body.CopyTo(reply, 16);
            try
            {
                _device.Write(reply);
            }
            catch (IOException)
            {
                // ENOENT: who asked was killed meanwhile.
            }
        }
    }

    private static (Errno Error, byte[] Body) Answer(int opcode, ulong node)
    {
        switch (opcode)
        {
            case 26: // INIT: version 7.31, as much as is asked for here
                var init = new byte[64];
                BinaryPrimitives.WriteUInt32LittleEndian(init, 7);
                BinaryPrimitives.WriteUInt32LittleEndian(init.AsSpan(4), 31);
                BinaryPrimitives.WriteUInt32LittleEndian(init.AsSpan(8), 65536);
                BinaryPrimitives.WriteUInt32LittleEndian(init.AsSpan(20), 65536);
                return (Errno.None, init);
            case 1: // LOOKUP
                return (Errno.ENOENT, []);
            case 3: // GETATTR
                return (Errno.None, [.. new byte[16], .. Attributes(node)]);
            case 27: // OPENDIR
                return (Errno.None, new byte[16]);
            case 28: // READDIR: nothing
                return (Errno.None, []);
            case 17: // STATFS
                return (Errno.None, new byte[80]);
            case 29 or 34: // RELEASEDIR, ACCESS
                return (Errno.None, []);
            default:
                return (Errno.ENOSYS, []);
        }
    }

    // Nothing is cached: every look asks.
    private static byte[] Attributes(ulong node)
    {
        var attributes = new byte[88];
        BinaryPrimitives.WriteUInt64LittleEndian(attributes, node);
        BinaryPrimitives.WriteUInt32LittleEndian(attributes.AsSpan(60), 0x41C0); // S_IFDIR 0700
        BinaryPrimitives.WriteUInt32LittleEndian(attributes.AsSpan(64), 1);
        BinaryPrimitives.WriteUInt32LittleEndian(attributes.AsSpan(80), 4096);
        return attributes;
    }
}
