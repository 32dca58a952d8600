using Insula.Linux.Cgroups;
using Insula.Linux.Mounts;

namespace Insula.Linux.Tests.Cgroups;

public sealed class CgroupLayoutTests
{
    private const string Hybrid = """
        31 23 0:28 / /sys/fs/cgroup rw,relatime - tmpfs tmpfs rw,mode=755
        32 31 0:29 / /sys/fs/cgroup/cpu,cpuacct rw,relatime - cgroup cgroup rw,cpu,cpuacct
        34 31 0:31 / /sys/fs/cgroup/cpuset rw,relatime - cgroup cgroup rw,cpuset
        35 31 0:32 / /sys/fs/cgroup/memory rw,relatime - cgroup cgroup rw,memory
        37 31 0:34 / /sys/fs/cgroup/freezer rw,relatime - cgroup cgroup rw,freezer
        39 31 0:36 / /sys/fs/cgroup/pids rw,relatime - cgroup cgroup rw,pids
        40 31 0:37 / /sys/fs/cgroup/systemd rw,relatime - cgroup cgroup rw,name=systemd
        41 31 0:38 / /sys/fs/cgroup/unified rw,relatime - cgroup2 cgroup2 rw

        """;

    private const string Unified = "30 20 0:26 / /sys/fs/cgroup rw,nosuid shared:9 - cgroup2 cgroup2 rw,nsdelegate\n";

    [Fact]
    public void A_hybrid_host_has_cgroup2_first_and_only_the_wanted_v1_hierarchies()
    {
        var layout = From(Hybrid, controllers: "hugetlb rdma");
        Assert.Equal(CgroupMode.Hybrid, layout.Mode);
        Assert.Equal(
            ["/sys/fs/cgroup/unified:hugetlb", "/sys/fs/cgroup/cpu,cpuacct:cpu+cpuacct", "/sys/fs/cgroup/memory:memory", "/sys/fs/cgroup/pids:pids"],
            Describe(layout));
        Assert.True(layout.Hierarchies[0].Unified);
    }

    [Fact]
    public void A_hierarchy_that_cgroup2_makes_needless_is_left_out_but_not_on_pure_v1()
    {
        var separate = Hybrid.Replace("rw,cpu,cpuacct\n", "rw,cpu\n33 31 0:30 / /sys/fs/cgroup/cpuacct rw - cgroup cgroup rw,cpuacct\n", StringComparison.Ordinal);
        Assert.DoesNotContain("/sys/fs/cgroup/cpuacct:cpuacct", Describe(From(separate)));
        Assert.Contains("/sys/fs/cgroup/cpuacct:cpuacct", Describe(From(WithoutUnified(separate))));
    }

    [Fact]
    public void Without_cgroup2_freezer_and_systemds_hierarchy_serve()
    {
        var layout = From(WithoutUnified(Hybrid));
        Assert.Equal(CgroupMode.Legacy, layout.Mode);
        Assert.Contains("/sys/fs/cgroup/freezer:freezer", Describe(layout));
        Assert.Contains("/sys/fs/cgroup/systemd:name=systemd", Describe(layout));
    }

    [Fact]
    public void Hierarchies_without_groups_of_ours_are_named_as_they_are_mounted()
    {
        string[] own = ["13:cpuset:/", "9:net_cls,net_prio:/", "8:cpu,cpuacct:/", "7:memory:/a:b", "4:freezer:/", "1:name=systemd:/system.slice", "0::/x"];
        Assert.Equal(["cpuset", "net_cls,net_prio", "freezer", "systemd"], From(Hybrid).Unused(own));
        Assert.Equal(["cpuset", "net_cls,net_prio"], From(WithoutUnified(Hybrid)).Unused(own));
        Assert.Empty(From(Unified).Unused(["0::/x"]));
    }

    [Fact]
    public void A_unified_host_offers_what_the_root_offers()
    {
        var layout = From(Unified, controllers: "cpuset cpu io memory pids rdma misc\n");
        Assert.Equal(CgroupMode.Unified, layout.Mode);
        Assert.Equal(["/sys/fs/cgroup:cpu+io+memory+pids"], Describe(layout));
        Assert.Equal("", layout.Hierarchies[0].Parent);
    }

    /// <summary>systemd's groups lack it until somebody hands it down to them, and every group is made from the root on.</summary>
    [Fact]
    public void Huge_pages_are_controlled_where_the_root_offers_it_whatever_the_parent_has()
    {
        var layout = CgroupLayout.From(
            MountInfo.Parse(Unified), "/", "system.slice/insula-pods.service", _ => null, directory => directory == "/sys/fs/cgroup" ? "cpu memory pids hugetlb" : "cpu memory pids", _ => false);
        Assert.Equal(["/sys/fs/cgroup:cpu+hugetlb+memory+pids"], Describe(layout));
        Assert.Equal(["/sys/fs/cgroup/unified:", "/sys/fs/cgroup/hugetlb:hugetlb"],
            Describe(From(Hybrid + "42 31 0:39 / /sys/fs/cgroup/hugetlb rw - cgroup cgroup rw,hugetlb\n")).Where(h => h.Contains("unified", StringComparison.Ordinal) || h.Contains("hugetlb", StringComparison.Ordinal)));
    }

    [Theory]
    [InlineData("/system.slice/insulad.service", true, "system.slice/insulad.service")]
    [InlineData("/system.slice/insulad.service", false, "")]
    [InlineData("/system.slice/insulad.service/daemon", true, "system.slice/insulad.service")]
    [InlineData("/daemon", true, "")]
    [InlineData("/", true, "")]
    [InlineData(null, true, "")]
    public void A_delegated_own_group_is_taken(string? own, bool delegated, string expected) =>
        Assert.Equal(expected, From(Unified, own, delegated: delegated).Hierarchies[0].Parent);

    [Fact]
    public void What_an_earlier_daemon_made_is_taken_again_wherever_this_one_was_started()
    {
        var layout = CgroupLayout.From(
            MountInfo.Parse(Unified), "/user.slice/session-1.scope", null, mount => mount == "/sys/fs/cgroup" ? "system.slice/insulad.service" : null, _ => "", _ => true);
        Assert.Equal("system.slice/insulad.service", layout.Hierarchies[0].Parent);
    }

    [Fact]
    public void A_configured_parent_goes_before_everything() =>
        Assert.All(From(Hybrid, "/x", "/insula-pods.service/", delegated: true).Hierarchies, hierarchy => Assert.Equal("insula-pods.service", hierarchy.Parent));

    [Fact]
    public void A_mount_of_a_part_shortens_the_own_groups_path() =>
        Assert.Equal("leaf", From(Unified.Replace(" / /sys", " /lxc/box /sys", StringComparison.Ordinal), "/lxc/box/leaf", delegated: true).Hierarchies[0].Parent);

    [Fact]
    public void A_hierarchy_mounted_twice_counts_once()
    {
        var layout = From(Unified + "99 20 0:26 /a /mnt/part rw - cgroup2 cgroup2 rw\n");
        Assert.Equal("/sys/fs/cgroup", Assert.Single(layout.Hierarchies).Mount);
    }

    [Fact]
    public void A_host_without_cgroups_is_refused() =>
        Assert.Throws<NotSupportedException>(() => From("31 23 0:28 / /sys/fs/cgroup rw - tmpfs tmpfs rw\n"));

    private static CgroupLayout From(string mountInfo, string? own = null, string? parent = null, bool delegated = false, string controllers = "") =>
        CgroupLayout.From(MountInfo.Parse(mountInfo), own, parent, _ => null, _ => controllers, _ => delegated);

    private static string WithoutUnified(string mountInfo) =>
        string.Join('\n', mountInfo.Split('\n').Where(line => !line.Contains("cgroup2", StringComparison.Ordinal)));

    private static IEnumerable<string> Describe(CgroupLayout layout) =>
        layout.Hierarchies.Select(hierarchy => $"{hierarchy.Mount}:{string.Join('+', hierarchy.Controllers.Order(StringComparer.Ordinal))}");
}
