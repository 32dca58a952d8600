using System.Net;
using FsCheck;
using FsCheck.Fluent;
using Insula.Network.Addresses;

namespace Insula.Network.Tests.Addresses;

public sealed class AddressPoolTests
{
    [Fact]
    public void The_first_pod_has_the_address_after_the_hosts()
    {
        AddressPool pool = Pool("10.83.0.0/16");
        Assert.Equal("10.83.0.1", pool.HostAddress.ToString());
        Assert.Equal("10.83.0.2", pool.AddressOf(pool.TryTake()!.Value).ToString());
        Assert.Equal("10.83.0.3", pool.AddressOf(pool.TryTake()!.Value).ToString());
    }

    [Fact]
    public void Addresses_that_look_like_networks_or_broadcasts_are_left_out()
    {
        AddressPool pool = Pool("10.83.0.0/23");
        List<string> all = TakeAll(pool);
        Assert.Equal(512 - 4 - 1, all.Count);
        Assert.DoesNotContain(all, a => a.EndsWith(".0", StringComparison.Ordinal) || a.EndsWith(".255", StringComparison.Ordinal));
        Assert.DoesNotContain("10.83.0.1", all);
        Assert.Contains("10.83.1.1", all);
    }

    [Fact]
    public void A_full_pool_says_so_and_a_released_address_fills_it_again()
    {
        AddressPool pool = Pool("10.83.0.0/29");
        Assert.Equal(6, TakeAll(pool).Count);
        Assert.Null(pool.TryTake());
        pool.Release(4);
        Assert.Equal(4u, pool.TryTake());
        Assert.Null(pool.TryTake());
    }

    [Fact]
    public void A_released_address_rests_until_all_others_have_been_used()
    {
        AddressPool pool = Pool("10.83.0.0/29");
        Assert.Equal(2u, pool.TryTake());
        pool.Release(2);
        Assert.Equal([3u, 4u, 5u, 6u, 7u, 2u], Enumerable.Range(0, 6).Select(_ => pool.TryTake()!.Value));
        pool.Release(5);
        pool.Release(3);
        Assert.Equal(5u, pool.TryTake());
    }

    [Fact]
    public void Releasing_twice_gives_the_address_back_once()
    {
        AddressPool pool = Pool("10.83.0.0/29");
        TakeAll(pool);
        pool.Release(3);
        pool.Release(3);
        Assert.Equal(3u, pool.TryTake());
        Assert.Null(pool.TryTake());
    }

    [Fact]
    public void What_the_kernel_remembers_is_not_given_out_again()
    {
        AddressPool pool = Pool("10.83.0.0/29");
        Assert.True(pool.TryClaim(2));
        Assert.False(pool.TryClaim(2));
        Assert.False(pool.TryClaim(1));
        Assert.False(pool.TryClaim(0));
        Assert.False(pool.TryClaim(8));
        Assert.Equal(3u, pool.TryTake());
    }

    [Fact]
    public void No_order_of_taking_and_releasing_gives_one_address_to_two() =>
        Prop.ForAll<bool[]>(steps =>
        {
            AddressPool pool = Pool("10.83.0.248/29");
            List<uint> held = [];
            foreach (bool take in steps)
            {
                if (take && pool.TryTake() is { } slot)
                {
                    Assert.DoesNotContain(slot, held);
                    held.Add(slot);
                }
                else if (!take && held.Count > 0)
                {
                    pool.Release(held[0]);
                    held.RemoveAt(0);
                }
            }

            return pool.Used == held.Count;
        }).QuickCheckThrowOnFailure();

    [Fact]
    public void A_slot_means_the_same_offset_in_both_families()
    {
        AddressPool pool = new(IPNetwork.Parse("10.83.0.0/16"), IPNetwork.Parse("fd83::/64"));
        uint slot = pool.SlotOf(IPAddress.Parse("10.83.1.2"))!.Value;
        Assert.Equal(["10.83.1.2", "fd83::102"], pool.AddressesOf(slot).Select(a => a.ToString()));
        Assert.Null(pool.SlotOf(IPAddress.Parse("10.84.0.2")));
    }

    [Theory]
    [InlineData("10.83.0.0/30", null, "/8 to /29")]
    [InlineData("10.0.0.0/7", null, "/8 to /29")]
    [InlineData("fd83::/64", null, "IPv4 network")]
    [InlineData("10.83.0.0/16", "fd83::/113", "/112")]
    [InlineData("10.83.0.0/16", "10.84.0.0/16", "IPv6 network")]
    public void Ranges_of_no_use_are_refused_with_the_reason(string range, string? v6, string reason) =>
        Assert.Contains(reason, Assert.Throws<NetworkException>(() => new AddressPool(IPNetwork.Parse(range), v6 is null ? null : IPNetwork.Parse(v6))).Message, StringComparison.Ordinal);

    private static AddressPool Pool(string range) => new(IPNetwork.Parse(range), null);

    private static List<string> TakeAll(AddressPool pool)
    {
        List<string> all = [];
        while (pool.TryTake() is { } slot)
        {
            all.Add(pool.AddressOf(slot).ToString());
        }

        return all;
    }
}
