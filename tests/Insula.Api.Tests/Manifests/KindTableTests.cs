using Insula.Api.Kinds;
using Insula.Api.Meta;
using Insula.Api.Validation;

namespace Insula.Api.Tests.Manifests;

public sealed class KindTableTests
{
    [Theory]
    [InlineData("po", "Pod")]
    [InlineData("Pods", "Pod")]
    [InlineData("deploy", "Deployment")]
    [InlineData("deployments.apps", "Deployment")]
    [InlineData("nothing", null)]
    public void Words_on_the_command_line(string word, string? kind) => Assert.Equal(kind, KindTable.FindByWord(word)?.Kind);

    [Fact]
    public void Words_are_unique_and_refusals_have_reasons()
    {
        var words = KindTable.All.SelectMany(k => k.ShortNames.Append(k.Plural).Append(k.Singular).Append(k.QualifiedPlural).Distinct()).ToList();
        Assert.Equal(words.Count, words.Distinct().Count());
        Assert.All(KindTable.All, k => Assert.Equal(k.Support == KindSupport.Supported, k.Reason.Length == 0));
    }

    [Fact]
    public void Resources_in_paths()
    {
        Assert.Equal("Pod", KindTable.FindResource("", "v1", "pods")!.Kind);
        Assert.Equal("Role", KindTable.FindResource("rbac.authorization.k8s.io", "v1", "roles")!.Kind);
        Assert.Null(KindTable.FindResource("", "v1", "po"));
        Assert.Null(KindTable.FindResource("", "v2", "pods"));
    }

    [Fact]
    public void Failures_have_the_texts_and_codes_of_Kubernetes()
    {
        Assert.Equal((404, "pods \"web\" not found"), (Failures.NotFound("pods", "web").Code, Failures.NotFound("pods", "web").Message));
        var invalid = Failures.Invalid("Pod", "web", [FieldError.Required("spec.a"), FieldError.Invalid("spec.b", 1, "no")]);
        Assert.Equal((422, "Pod \"web\" is invalid: [spec.a: Required value, spec.b: Invalid value: 1: no]"), (invalid.Code, invalid.Message));
        Assert.Equal(["FieldValueRequired", "FieldValueInvalid"], invalid.Details!.Causes.Select(c => c.Reason));
    }

    [Theory]
    [InlineData("a\nb\t\"\\", "\"a\\nb\\t\\\"\\\\\"")]
    [InlineData("\u001b[0m", "\"\\x1b[0m\"")]
    [InlineData("\u202e", "\"\\u202e\"")]
    [InlineData("größe", "\"größe\"")]
    public void Quoted_texts_cannot_forge_lines(string text, string expected) => Assert.Equal(expected, Quoted.Text(text));
}
