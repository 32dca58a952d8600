using System.Text.Json;
using Insula.Api.Core;
using Insula.Api.Json;
using Insula.Api.Meta;
using Insula.Api.Values;

namespace Insula.Api.Tests.Json;

public sealed class ApiJsonTests
{
    [Fact]
    public void An_empty_pod_has_defaults_for_everything_that_is_never_null()
    {
        var pod = ApiJson.Read<Pod>("""{"spec":{"containers":[{"name":"a","command":null}]},"status":null}""");
        Assert.Equal("Pod", pod.Kind);
        Assert.Equal("v1", pod.ApiVersion);
        Assert.Empty(pod.Spec.Containers[0].Command);
        Assert.Empty(pod.Metadata.Labels);
        Assert.Empty(pod.Spec.Containers[0].Resources.Limits);
        Assert.Empty(pod.Status.Conditions);
    }

    [Fact]
    public void A_pod_is_written_with_Kubernetes_names_and_without_empty_fields()
    {
        var pod = new Pod
        {
            Metadata = new() { Name = "web", CreationTimestamp = new DateTimeOffset(2026, 1, 2, 3, 4, 5, 678, TimeSpan.Zero) },
            Spec = new()
            {
                HostIPC = true,
                HostAliases = [new() { Ip = "10.0.0.1", Hostnames = ["a"] }],
                Containers =
                [
                    new()
                    {
                        Name = "a",
                        Ports = [new() { Port = 80 }],
                        LivenessProbe = new() { HttpGet = new() { Port = new IntOrString("web") }, TcpSocket = new() { Port = new IntOrString(8) } },
                        Resources = new() { Limits = new Dictionary<string, Quantity> { ["memory"] = Quantity.Parse("64Mi") } },
                    },
                ],
            },
            Status = new() { PodIPs = [new() { Ip = "10.1.0.2" }], HostIP = "10.0.0.9", QosClass = QosClasses.Burstable },
        };
        Assert.Equal(
            """
            {"kind":"Pod","apiVersion":"v1","metadata":{"name":"web","creationTimestamp":"2026-01-02T03:04:05Z"},
            "spec":{"containers":[{"name":"a","ports":[{"containerPort":80}],"resources":{"limits":{"memory":"64Mi"}},
            "livenessProbe":{"httpGet":{"port":"web"},"tcpSocket":{"port":8}}}],"hostIPC":true,"hostAliases":[{"ip":"10.0.0.1","hostnames":["a"]}]},
            "status":{"hostIP":"10.0.0.9","podIPs":[{"ip":"10.1.0.2"}],"qosClass":"Burstable"}}
            """.ReplaceLineEndings(""),
            ApiJson.ToText(pod));
        Assert.Equal(ApiJson.ToText(pod), ApiJson.ToText(ApiJson.Read<Pod>(ApiJson.ToJson(pod))));
    }

    [Fact]
    public void Lists_write_their_items_even_when_empty()
    {
        Assert.Contains("\"items\":[]", ApiJson.ToText(new PodList()), StringComparison.Ordinal);
        Assert.Contains("\"status\":\"Failure\"", ApiJson.ToText(new Status()), StringComparison.Ordinal);
    }

    [Fact]
    public void Micro_times_keep_microseconds()
    {
        var text = ApiJson.ToText(new Event { EventTime = new DateTimeOffset(2026, 1, 2, 3, 4, 5, 678, TimeSpan.Zero) });
        Assert.Contains("2026-01-02T03:04:05.678000Z", text, StringComparison.Ordinal);
        Assert.Equal(678, ApiJson.Read<Event>(text).EventTime!.Value.Millisecond);
    }

    [Fact]
    public void Wrong_types_are_errors() =>
        Assert.Throws<JsonException>(() => ApiJson.Read<Pod>("""{"spec":{"containers":"no"}}"""));
}
