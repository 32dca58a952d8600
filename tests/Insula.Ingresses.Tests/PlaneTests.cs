using System.Text;
using Insula.Api.Core;
using Insula.Api.Json;
using Insula.Api.Workloads;
using Insula.Ingresses.Plane;

namespace Insula.Ingresses.Tests;

public sealed class PlaneTests
{
    private static readonly ProxyProgram s_program = new([("/usr/sbin/haproxy", "/haproxy"), ("/usr/lib/x/libc.so.6", "/lib/insula/libc.so.6")], "/lib/insula", "0123");

    [Fact]
    public void The_pod_is_without_rights_and_sees_the_machine_s_files_only()
    {
        var deployment = ApiJson.Read<Deployment>(PlaneObjects.Deployment(s_program));
        var pod = ApiJson.Read<PodSpec>(deployment.Spec.Template["spec"]!.AsObject());
        var container = Assert.Single(pod.Containers);
        Assert.True(pod.SecurityContext!.RunAsNonRoot);
        Assert.True(container.SecurityContext!.ReadOnlyRootFilesystem);
        Assert.False(container.SecurityContext.AllowPrivilegeEscalation);
        Assert.Equal(["ALL"], container.SecurityContext.Capabilities!.Drop);
        Assert.Equal(["cpu", "memory"], container.Resources.Limits.Keys.Order());
        Assert.All(container.VolumeMounts, m => Assert.True(m.ReadOnly));
        Assert.Equal(["/usr/lib/x/libc.so.6", "/usr/sbin/haproxy"], pod.Volumes.Select(v => v.HostPath?.Path).OfType<string>().Order());
        Assert.Equal(1, pod.Volumes.Count(v => v.HostPath is null));
    }

    [Fact]
    public void Another_program_makes_another_template()
    {
        Assert.Equal(PlaneObjects.Deployment(s_program).ToJsonString(), PlaneObjects.Deployment(s_program).ToJsonString());
        Assert.NotEqual(PlaneObjects.Deployment(s_program).ToJsonString(), PlaneObjects.Deployment(s_program with { Digest = "4567" }).ToJsonString());
    }

    [Fact]
    public void All_files_are_in_the_Secrets_and_the_configuration_comes_last()
    {
        var (certificate, key) = World.Certificate();
        var files = new World().Secret("s", certificate, key).Ingress("web", """{"defaultBackend":{"service":{"name":"web","port":{"number":80}}},"tls":[{"hosts":["a.example"],"secretName":"s"}]}""").Files;
        var secrets = PlaneObjects.Secrets(files).Select(s => ApiJson.Read<Secret>(s)).ToList();
        Assert.Equal(files.Files.Select(f => f.Key + f.Value).Order(StringComparer.Ordinal), secrets.SelectMany(s => s.Data).Select(d => d.Key + Encoding.UTF8.GetString(Convert.FromBase64String(d.Value))).Order(StringComparer.Ordinal));
        Assert.Equal(2, secrets.Count);
        Assert.Equal(PlaneNames.Name, secrets[^1].Metadata.Name);
    }

    [Fact]
    public void A_load_balancer_keeps_the_client_s_address()
    {
        Assert.Equal("Local", (string?)PlaneObjects.Service("LoadBalancer")["spec"]!["externalTrafficPolicy"]);
        Assert.Null(PlaneObjects.Service("ClusterIP")["spec"]!["externalTrafficPolicy"]);
    }
}
