using Insula.Cli.Client;
using Insula.Cli.Commands;

namespace Insula.Cli.Tests;

public sealed class IngressRuleTests
{
    [Fact]
    public void Rules_are_kubectl_s() => Assert.Equal(
        """
        {"ingressClassName":"mine","defaultBackend":{"service":{"name":"rest","port":{"number":80}}},"tls":[{"hosts":["a.example"],"secretName":"s"},{"hosts":["b.example"]}],"rules":[
        {"http":{"paths":[{"path":"/","pathType":"Prefix","backend":{"service":{"name":"web","port":{"name":"http"}}}},{"path":"/x","pathType":"Exact","backend":{"service":{"name":"api","port":{"number":80}}}}]},"host":"a.example"},
        {"http":{"paths":[{"path":"/y","pathType":"Prefix","backend":{"service":{"name":"web","port":{"number":81}}}}]},"host":"b.example"},
        {"http":{"paths":[{"path":"/z","pathType":"Exact","backend":{"service":{"name":"web","port":{"number":81}}}}]}}]}
        """.Replace("\n", "", StringComparison.Ordinal),
        CreateIngressCommand.Spec(["a.example/*=web:http,tls=s", "a.example/x=api:80", "b.example/y*=web:81,tls", "/z=web:81"], "mine", "rest:80").ToJsonString());

    [Theory]
    [InlineData("a.example=web:80")]
    [InlineData("a.example/")]
    [InlineData("a.example/=web")]
    [InlineData("a.example/=web:")]
    [InlineData("a.example/=web:80,cert=s")]
    [InlineData("a.example/=web:80,tls=s,tls=t")]
    [InlineData("a.example/=web:80=81")]
    public void What_is_none_is_said(string rule) => Assert.Throws<CommandException>(() => CreateIngressCommand.Spec([rule], null, null));
}
