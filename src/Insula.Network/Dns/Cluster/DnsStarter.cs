using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Insula.Linux;
using Insula.Linux.Cgroups;
using Insula.Linux.Events;
using Insula.Linux.LibC;
using Insula.Linux.Memory;
using Insula.Linux.Processes;
using Insula.Linux.Sockets;

namespace Insula.Network.Dns.Cluster;

/// <summary>Starts servers, and finds those that an earlier daemon started.</summary>
internal sealed class DnsStarter(ClusterDnsOptions options, DnsPlace place, CgroupTree cgroups, EventLoop events)
{
    /// <summary>The servers' control group: outside of pods', and not the daemon's, which ends with its unit.</summary>
    public const string Group = "dns";

    private const int MostWords = 4096;

    /// <summary>Which program a server would be that is started now.</summary>
    public byte[] Build()
    {
        using var program = OpenProgram();
        return Digest(program);
    }

    /// <summary>Starts a server; it serves nothing, and ends with this daemon, before it is given a table.</summary>
    /// <exception cref="NetworkException">It did not come to the point of speaking; the message says what it said.</exception>
    public async Task<DnsProcess> StartAsync(Descriptor datagrams, Descriptor streams, CancellationToken ct)
    {
        var number = place.Last() + 1;
        using var program = OpenProgram();
        var build = Digest(program);
        using var filter = SealedMemFd.Create("insula-dns filter", options.Filter.Span);
        var (leash, ours) = Descriptor.Pipe();
        var (said, saying) = Descriptor.Pipe();
        using var words = said;
        ChildProcess child;
        using (var listener = SeqPacketSocket.Listen(place.Directory, DnsPlace.SocketName(number)))
        using (leash)
        using (saying)
        {
            // All that it will ever open; its working directory becomes its root.
            child = Spawn.Start(new SpawnRequest
            {
                Executable = program,
                Arguments = ["insula-dns", "serve", Convert.ToHexStringLower(build), options.User.ToString(CultureInfo.InvariantCulture)],
                Descriptors = [null, null, saying, datagrams, streams, listener.Descriptor, filter, leash],
                NewSession = true,
                WorkingDirectory = place.Empty,
            });
        }

        try
        {
            Failpoint.Hit("dns.start.unrecorded");
            place.Record(number, child.Pid);
            cgroups.Create(Group, CgroupSettings.None);
            cgroups.Join(Group, child.Pid);
            Failpoint.Hit("dns.start.recorded");
            var process = await DnsProcess.ConnectAsync(events, place.Directory, number, child.PidFd, ct).ConfigureAwait(false);
            process.Leash = ours;
            return process;
        }
        catch (Exception e) when (e is IOException or InvalidDataException)
        {
            ours.Dispose();
            child.PidFd.Signal(9);
            await child.PidFd.WaitForExitAsync(events, ct).ConfigureAwait(false);
            DnsProcess.Reap(child.PidFd);
            var text = new byte[MostWords];
            var length = words.Read(text);
            place.Forget(number);
            child.Dispose();
            throw new NetworkException($"the DNS server does not start: {(length > 0 ? Encoding.UTF8.GetString(text, 0, length).Trim() : e.Message)}", e);
        }
    }

    /// <summary>The servers that live, the latest first. What dead ones left is removed; those that cannot be spoken to are ended.</summary>
    public async Task<IReadOnlyList<DnsProcess>> FindAsync(CancellationToken ct)
    {
        var found = new List<DnsProcess>();
        foreach (var number in place.Numbers())
        {
            if (place.Find(number) is not { } process)
            {
                place.Forget(number);
                continue;
            }

            try
            {
                // An earlier daemon may have ended before it came to this.
                cgroups.Create(Group, CgroupSettings.None);
                cgroups.Join(Group, process.Pid);
                found.Add(await DnsProcess.ConnectAsync(events, place.Directory, number, process, ct).ConfigureAwait(false));
            }
            catch (Exception e) when (e is IOException or InvalidDataException)
            {
                using (process)
                {
                    process.Signal(9);
                    await DnsProcess.EndAsync(process, events, TimeSpan.FromSeconds(1), ct).ConfigureAwait(false);
                }

                place.Forget(number);
            }
        }

        found.Reverse();
        return found;
    }

    private static byte[] Digest(Descriptor program)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        var buffer = new byte[64 << 10];
        int length;
        for (long at = 0; (length = program.ReadAt(buffer, at)) > 0; at += length)
        {
            hash.AppendData(buffer, 0, length);
        }

        return hash.GetHashAndReset();
    }

    private Descriptor OpenProgram() => Descriptor.Open(options.Program, fcntl.O_RDONLY);
}
