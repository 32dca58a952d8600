using System.Text;
using FsCheck;
using FsCheck.Fluent;
using Insula.Api.Json;
using Insula.Api.Quotas;
using Insula.Api.Values;

namespace Insula.Api.Tests.Quotas;

public sealed class QuotaTests
{
    private static readonly Dictionary<string, long> s_nothing = [];

    [Theory]
    [InlineData("pods", "pods")]
    [InlineData("limits.memory", "pods")]
    [InlineData("count/pods", "pods")]
    [InlineData("count/deployments.apps", "deployments.apps")]
    [InlineData("services.nodeports", "services")]
    [InlineData("local.storageclass.storage.k8s.io/requests.storage", "persistentvolumeclaims")]
    [InlineData("secrets", "secrets")]
    [InlineData("count/nodes", null)]
    [InlineData("count/gadgets.example.com", null)]
    [InlineData("requests.nvidia.com/gpu", null)]
    [InlineData("requests.ephemeral-storage", "pods")]
    [InlineData("requests.hugepages-2Mi", "pods")]
    [InlineData("hugepages-1Gi", "pods")]
    [InlineData("limits.hugepages-2Mi", null)]
    [InlineData("requests.hugepages-2Mb", null)]
    [InlineData("local.storageclass.storage.k8s.io/pods", null)]
    public void Each_resource_is_one_kinds(string resource, string? user) => Assert.Equal(user, QuotaResources.UserOf(resource));

    [Fact]
    public void A_pod_uses_what_its_containers_request_and_may_and_nothing_but_its_object_once_it_has_ended()
    {
        const string Spec = """{"containers":[{"name":"a","resources":{"requests":{"cpu":"100m"},"limits":{"cpu":"200m","memory":"1Mi"}}},{"name":"b","resources":{"requests":{"cpu":"1"}}}],"initContainers":[{"name":"i","resources":{"requests":{"memory":"2Mi"}}}]}""";
        Assert.Equal(
            "count/pods=1 cpu=1100 ephemeral-storage=0 limits.cpu=200 limits.ephemeral-storage=0 limits.memory=1048576 memory=2097152 pods=1 requests.cpu=1100 requests.ephemeral-storage=0 requests.memory=2097152",
            Text(Pod(Spec).Amounts));
        Assert.Equal("count/pods=1", Text(Pod(Spec, "Succeeded").Amounts));
    }

    [Fact]
    public void Huge_pages_are_counted_by_size_under_both_names_and_need_not_be_said()
    {
        var amounts = Pod("""{"containers":[{"name":"a","resources":{"limits":{"cpu":"1","hugepages-2Mi":"4Mi"}}},{"name":"b","resources":{"limits":{"cpu":"1","hugepages-2Mi":"2Mi"}}}]}""").Amounts;
        Assert.Equal((6L << 20, 6L << 20, false), (amounts["hugepages-2Mi"], amounts["requests.hugepages-2Mi"], amounts.ContainsKey("limits.hugepages-2Mi")));
        Assert.Equal("6Mi", QuotaResources.Quantity("requests.hugepages-2Mi", 6 << 20).ToString());
        Assert.False(QuotaResources.MustBeSaid("hugepages-2Mi"));
    }

    [Theory]
    [InlineData("services", """{"spec":{"type":"NodePort","ports":[{"port":1},{"port":2}]}}""", "count/services=1 services=1 services.loadbalancers=0 services.nodeports=2")]
    [InlineData("services", """{"spec":{"type":"LoadBalancer","ports":[{"port":1,"nodePort":30000},{"port":2}]}}""", "count/services=1 services=1 services.loadbalancers=1 services.nodeports=1")]
    [InlineData("persistentvolumeclaims", """{"spec":{"storageClassName":"local","resources":{"requests":{"storage":"1Ki"}}}}""",
        "count/persistentvolumeclaims=1 local.storageclass.storage.k8s.io/persistentvolumeclaims=1 local.storageclass.storage.k8s.io/requests.storage=1024 persistentvolumeclaims=1 requests.storage=1024")]
    public void Other_objects_use_what_is_counted_of_them(string resource, string json, string used) => Assert.Equal(used, Text(QuotaUsage.Of(resource, Encoding.UTF8.GetBytes(json)).Amounts));

    [Theory]
    [InlineData("""["Terminating"]""", null, """{"activeDeadlineSeconds":5,"containers":[{}]}""", true)]
    [InlineData("""["NotTerminating"]""", null, """{"activeDeadlineSeconds":5,"containers":[{}]}""", false)]
    [InlineData("""["BestEffort"]""", null, """{"containers":[{}]}""", true)]
    [InlineData("""["BestEffort"]""", null, """{"containers":[{"resources":{"limits":{"cpu":"1"}}}]}""", false)]
    [InlineData("""["NotBestEffort","NotTerminating"]""", null, """{"containers":[{"resources":{"limits":{"cpu":"1"}}}]}""", true)]
    [InlineData("[]", """{"scopeName":"PriorityClass","operator":"In","values":["high"]}""", """{"priorityClassName":"high"}""", true)]
    [InlineData("[]", """{"scopeName":"PriorityClass","operator":"In","values":["high"]}""", "{}", false)]
    [InlineData("[]", """{"scopeName":"PriorityClass","operator":"NotIn","values":["high"]}""", "{}", true)]
    [InlineData("[]", """{"scopeName":"PriorityClass","operator":"DoesNotExist"}""", """{"priorityClassName":"high"}""", false)]
    [InlineData("""["PriorityClass"]""", null, """{"priorityClassName":"high"}""", true)]
    public void Scopes_tell_which_pods_count(string scopes, string? requirement, string pod, bool counts)
    {
        var spec = ApiJson.Read<ResourceQuota>($$$$"""{"spec":{"scopes":{{{{scopes}}}},"scopeSelector":{"matchExpressions":[{{{{requirement}}}}]}}}""").Spec;
        Assert.Equal(counts, QuotaScopes.Include(spec, Pod(pod).Pod));
        Assert.False(QuotaScopes.Include(spec, null));
    }

    [Fact]
    public void What_is_exceeded_is_told_with_the_numbers_and_nothing_else()
    {
        var quota = Quota(("pods", "2"), ("requests.cpu", "1"), ("limits.memory", "1Gi"));
        var pod = Pod("""{"containers":[{"name":"a","resources":{"requests":{"cpu":"300m"},"limits":{"memory":"600Mi"}}}]}""");
        Assert.Null(QuotaAdmission.Complaint(quota, s_nothing, null, pod));
        Assert.Equal(
            "exceeded quota: q, requested: limits.memory=600Mi,requests.cpu=300m, used: limits.memory=600Mi,requests.cpu=750m, limited: limits.memory=1Gi,requests.cpu=1",
            QuotaAdmission.Complaint(quota, new Dictionary<string, long> { ["pods"] = 1, ["requests.cpu"] = 750, ["limits.memory"] = 600 << 20 }, null, pod));
    }

    [Fact]
    public void What_is_limited_each_container_must_name()
    {
        var quota = Quota(("limits.cpu", "2"), ("memory", "1Gi"), ("pods", "1"));
        var pod = Pod("""{"containers":[{"name":"b"},{"name":"a","resources":{"requests":{"memory":"1"}}}]}""");
        Assert.Equal("failed quota: q: must specify limits.cpu for: a,b; memory for: b", QuotaAdmission.Complaint(quota, s_nothing, null, pod));
    }

    [Fact]
    public void Who_does_not_grow_is_let_pass_however_much_is_used()
    {
        var quota = Quota(("requests.storage", "1Gi"));
        var (small, large) = (Claim("2Gi"), Claim("3Gi"));
        Assert.Null(QuotaAdmission.Complaint(quota, s_nothing, small, small));
        Assert.Equal("exceeded quota: q, requested: requests.storage=1Gi, used: requests.storage=2Gi, limited: requests.storage=1Gi", QuotaAdmission.Complaint(quota, s_nothing, small, large));
    }

    [Theory]
    [InlineData("""{"hard":{"gpus":"1"}}""", "spec.hard[gpus]", "not supported")]
    [InlineData("""{"hard":{"pods":"-1"}}""", "spec.hard[pods]", "must be greater than or equal to 0")]
    [InlineData("""{"hard":{"pods":"1500m"}}""", "spec.hard[pods]", "must be an integer")]
    [InlineData("""{"hard":{"cpu":"1"},"scopes":["BestEffort"]}""", "spec.scopes[0]", "unsupported scope applied to resource cpu")]
    [InlineData("""{"hard":{"services":"1"},"scopes":["Terminating"]}""", "spec.scopes[0]", "unsupported scope applied to resource services")]
    [InlineData("""{"hard":{"pods":"1"},"scopes":["BestEffort","NotBestEffort"]}""", "spec.scopes", "conflicting scopes")]
    [InlineData("""{"hard":{"pods":"1"},"scopeSelector":{"matchExpressions":[{"scopeName":"PriorityClass","operator":"In"}]}}""", "spec.scopeSelector.matchExpressions[0].values", "at least one value")]
    [InlineData("""{"hard":{"pods":"1"},"scopeSelector":{"matchExpressions":[{"scopeName":"Terminating","operator":"NotIn","values":["a"]}]}}""", "spec.scopeSelector.matchExpressions[0].operator", "must be Exists")]
    public void What_is_wrong_with_one_is_told_by_field(string spec, string path, string why)
    {
        var quota = ApiJson.Read<ResourceQuota>($$"""{"metadata":{"name":"q","namespace":"n"},"spec":{{spec}}}""");
        Assert.Contains(ResourceQuotaValidation.Validate(quota), e => e.Path == path && e.ToString().Contains(why, StringComparison.Ordinal));
    }

    /// <summary>However pods come and go, those that were let pass never use more than there is, and who is refused would have.</summary>
    [Fact]
    public void Never_is_more_used_than_there_is() => Prop.ForAll(
        Gen.ListOf(from cpu in Gen.Choose(0, 900) from goes in Gen.Choose(0, 3) select (cpu, goes)).ToArbitrary(),
        steps =>
        {
            var quota = Quota(("pods", "4"), ("requests.cpu", "2"));
            var there = new List<QuotaUsage>();
            foreach (var (cpu, goes) in steps)
            {
                if (goes == 0 && there.Count > 0)
                {
                    there.RemoveAt(cpu % there.Count);
                }

                var used = QuotaAdmission.Used(quota.Spec, there.Select(t => (IReadOnlyList<QuotaUsage>)[t]));
                var next = Pod($$$$"""{"containers":[{"name":"a","resources":{"requests":{"cpu":"{{{{cpu}}}}m"}}}]}""");
                var fits = used["pods"] < 4 && used["requests.cpu"] + cpu <= 2000;
                if (fits != (QuotaAdmission.Complaint(quota, used, null, next) is null))
                {
                    return false;
                }

                if (fits)
                {
                    there.Add(next);
                }
            }

            return there.Count <= 4;
        }).Check(Config.QuickThrowOnFailure);

    [Fact]
    public void Of_an_object_that_is_being_written_the_larger_state_counts_once()
    {
        var used = QuotaAdmission.Used(Quota(("requests.storage", "1Gi"), ("persistentvolumeclaims", "9")).Spec, [[Claim("1Gi"), Claim("3Gi")], [Claim("1Gi")]]);
        Assert.Equal("persistentvolumeclaims=2 requests.storage=4294967296", Text(used));
    }

    private static QuotaUsage Pod(string spec, string phase = "Pending") => QuotaUsage.Of("pods", Encoding.UTF8.GetBytes($$$"""{"metadata":{"name":"p"},"spec":{{{spec}}},"status":{"phase":"{{{phase}}}"}}"""));

    private static QuotaUsage Claim(string storage) => QuotaUsage.Of("persistentvolumeclaims", Encoding.UTF8.GetBytes($$$$$"""{"spec":{"resources":{"requests":{"storage":"{{{{{storage}}}}}"}}}}"""));

    private static ResourceQuota Quota(params (string Resource, string Amount)[] hard) => new()
    {
        Metadata = new() { Name = "q", Namespace = "n" },
        Spec = new() { Hard = hard.ToDictionary(h => h.Resource, h => Quantity.Parse(h.Amount)) },
    };

    private static string Text(IReadOnlyDictionary<string, long> amounts) => string.Join(' ', amounts.OrderBy(a => a.Key, StringComparer.Ordinal).Select(a => $"{a.Key}={a.Value}"));
}
