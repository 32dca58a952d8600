using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text.RegularExpressions;
using Insula.Linux;
using Insula.Linux.LibC;
using Insula.Network;
using Insula.SystemTests.Harness;

namespace Insula.SystemTests.Network;

/// <summary>Links that come and go by the hundred, without processes: nothing leaks, and there are as many as one likes.</summary>
public sealed partial class ManyLinksKernelTests
{
    /// <summary>How many are connected and disconnected: <c>INSULA_LINKS</c>; `make test-full` has a thousand.</summary>
    private static readonly int _cycles = int.Parse(Environment.GetEnvironmentVariable("INSULA_LINKS") ?? "80", CultureInfo.InvariantCulture);

    [Fact]
    public async Task Whoever_comes_and_goes_no_address_and_no_link_is_lost()
    {
        const int AtATime = 5;

        // Of neighbours those of pods: the machine's own come and go.
        const string State = "ip -o link; ip addr; ip route show table all; ip neigh | grep ' dev iv' || true; nft list ruleset";
        await using TestHost host = await TestHost.CreateAsync();

        // Fourteen addresses and one of the host's own: one that is lost each time is missed soon.
        PodNetwork network = await host.StartAsync(new NetworkOptions { RunDirectory = "", PodRange = IPNetwork.Parse("10.99.0.0/28"), PodRangeV6 = IPNetwork.Parse("fd83::/64") });
        string before = Rates().Replace(await host.Host.ShAsync(State), "");
        await Parallel.ForEachAsync(Enumerable.Range(0, _cycles), new ParallelOptions { MaxDegreeOfParallelism = AtATime }, async (i, ct) =>
        {
            using Descriptor space = NewNamespace();
            string id = $"cycle-{i}";
            PodAddresses addresses = await network.AttachAsync(id, space, ct);
            Assert.Equal(addresses, network.Find(id));

            // Now and then a second attach, a detach without one before, and one that comes twice.
            if (i % 3 == 0)
            {
                Assert.Equal(addresses.Addresses, (await network.AttachAsync(id, space, ct)).Addresses);
            }

            await network.DetachAsync(id, ct);
            if (i % 4 == 0)
            {
                await network.DetachAsync(id, ct);
            }
        });
        await network.SettleAsync(CancellationToken.None);
        Assert.Equal(before, Rates().Replace(await host.Host.ShAsync(State), ""));

        // All addresses are there to be given.
        List<Descriptor> spaces = [];
        HashSet<IPAddress> given = [];
        for (int i = 0; i < 13; i++)
        {
            spaces.Add(NewNamespace());
            Assert.True(given.Add((await network.AttachAsync($"last-{i}", spaces[^1], CancellationToken.None)).Primary), "an address is given twice");
        }

        spaces.ForEach(s => s.Dispose());
    }

    [Fact]
    public async Task More_than_the_neighbour_table_is_made_for_are_reached_and_others_too()
    {
        // The kernel's table is one for all namespaces: it begins to throw entries out at 512, and takes none above 1024. Each link has two.
        const int Pods = 600;
        await using TestHost host = await TestHost.CreateAsync();
        PodNetwork network = await host.StartAsync(new NetworkOptions { RunDirectory = "", PodRange = IPNetwork.Parse("10.99.0.0/16") });
        List<Descriptor> spaces = [];
        try
        {
            long overflows = Overflows();
            List<PodAddresses> pods = [];
            for (int i = 0; i < Pods; i++)
            {
                spaces.Add(NewNamespace());
                pods.Add(await network.AttachAsync($"pod-{i}", spaces[^1], CancellationToken.None));
            }

            Assert.Equal(Pods, (await host.Host.ShAsync("ip -4 neigh show nud permanent")).Split('\n').Count(l => l.Contains(" dev iv", StringComparison.Ordinal)));

            // Nobody listens there: that it is said so says that the packet came and the answer, too. From the host and from one of them.
            foreach (PodAddresses pod in pods)
            {
                Assert.Equal(SocketError.ConnectionRefused, await KnockAsync(host.Host, pod.Primary));
            }

            (TestNamespace client, _) = await host.AttachAsync(network, "client");
            foreach (PodAddresses pod in pods)
            {
                Assert.Equal(SocketError.ConnectionRefused, await KnockAsync(client, pod.Primary));
            }

            // Nor are the machine's own neighbours without a place.
            await host.Host.ShAsync("ip neigh flush dev up0");
            await host.Outside.ShAsync("ip neigh flush dev eth0");
            Assert.Equal(SocketError.ConnectionRefused, await KnockAsync(client, TestHost.OutsideAddress));
            Assert.Equal(overflows, Overflows());
            await Parallel.ForEachAsync(Enumerable.Range(0, Pods), async (i, ct) => await network.DetachAsync($"pod-{i}", ct));
            await network.DetachAsync("client", CancellationToken.None);
            await network.SettleAsync(CancellationToken.None);
            Assert.DoesNotContain("iv000000", await host.Host.ShAsync("ip -o link; ip route; ip neigh"), StringComparison.Ordinal);
        }
        finally
        {
            spaces.ForEach(s => s.Dispose());
        }
    }

    private static async Task<SocketError> KnockAsync(TestNamespace from, IPAddress address)
    {
        using Socket socket = await from.SocketAsync();
        using CancellationTokenSource limit = new(TimeSpan.FromSeconds(20));
        try
        {
            await socket.ConnectAsync(new IPEndPoint(address, 9), limit.Token);
            return SocketError.Success;
        }
        catch (SocketException e)
        {
            return e.SocketErrorCode;
        }
        catch (OperationCanceledException)
        {
            return SocketError.TimedOut;
        }
    }

    /// <summary>How often the table was full, on all processors.</summary>
    private static long Overflows()
    {
        string[][] lines = [.. File.ReadAllLines("/proc/net/stat/arp_cache").Select(l => l.Split(' ', StringSplitOptions.RemoveEmptyEntries))];
        int column = Array.IndexOf(lines[0], "table_fulls");
        return column < 0 ? throw new InvalidOperationException("the kernel does not count overflows") : lines[1..].Sum(l => long.Parse(l[column], NumberStyles.HexNumber, CultureInfo.InvariantCulture));
    }

    private static Descriptor NewNamespace()
    {
        Descriptor? made = null;
        Thread thread = new(() => made = sched.unshare(sched.CLONE_NEWNET) == 0 ? Descriptor.Open("/proc/thread-self/ns/net", fcntl.O_RDONLY) : null);
        thread.Start();
        thread.Join();
        return made ?? throw new InvalidOperationException("no network namespace could be made");
    }

    /// <summary>For how long addresses are valid.</summary>
    [GeneratedRegex(@"(valid|preferred)_lft \S+")]
    private static partial Regex Rates();
}
