using static System.Net.Http.HttpMethod;

namespace Insulad.Tests;

/// <summary>Ingresses and their classes through the API.</summary>
public sealed class IngressApiTests(ApiFixture api) : IClassFixture<ApiFixture>
{
    private const string Group = "/apis/networking.k8s.io/v1";
    private const string Spec = "\"spec\":{\"defaultBackend\":{\"service\":{\"name\":\"web\",\"port\":{\"number\":80}}}}";

    [Fact]
    public async Task An_Ingress_without_a_class_gets_the_default_one()
    {
        var ns = await api.NamespaceAsync();
        var (_, none) = await api.SendAsync(Post, $"{Group}/namespaces/{ns}/ingresses", "{\"metadata\":{\"name\":\"none\"}," + Spec + "}");
        Assert.Null(none["spec"]!["ingressClassName"]);
        await api.SendAsync(Post, $"{Group}/ingressclasses", """{"metadata":{"name":"usual","annotations":{"ingressclass.kubernetes.io/is-default-class":"true"}},"spec":{"controller":"example.com/other"}}""");
        try
        {
            var (code, made) = await api.SendAsync(Post, $"{Group}/namespaces/{ns}/ingresses", "{\"metadata\":{\"name\":\"web\"}," + Spec + "}");
            Assert.Equal((201, "usual"), (code, (string?)made["spec"]!["ingressClassName"]));
            Assert.Equal("{\"loadBalancer\":{}}", made["status"]!.ToJsonString());

            // Not one that names another by the annotation of old.
            (_, made) = await api.SendAsync(Post, $"{Group}/namespaces/{ns}/ingresses", """{"metadata":{"name":"old","annotations":{"kubernetes.io/ingress.class":"theirs"}},""" + Spec + "}");
            Assert.Null(made["spec"]!["ingressClassName"]);

            // What it is cannot be changed.
            (code, var refused) = await api.SendAsync(Put, $"{Group}/ingressclasses/usual", """{"metadata":{"name":"usual"},"spec":{"controller":"insula.dev/ingress"}}""");
            Assert.Equal(422, code);
            Assert.Contains("spec.controller: Invalid value: \"insula.dev/ingress\": field is immutable", (string?)refused["message"], StringComparison.Ordinal);
        }
        finally
        {
            await api.SendAsync(Delete, $"{Group}/ingressclasses/usual");
        }
    }

    [Fact]
    public async Task What_is_wrong_is_refused_by_field()
    {
        var ns = await api.NamespaceAsync();
        var (code, status) = await api.SendAsync(Post, $"{Group}/namespaces/{ns}/ingresses", """{"metadata":{"name":"web","annotations":{"ingress.insula.dev/snippet":"x"}},""" + Spec + "}");
        Assert.Equal(422, code);
        Assert.Contains("metadata.annotations: Unsupported value: \"ingress.insula.dev/snippet\"", (string?)status["message"], StringComparison.Ordinal);
    }
}
