using System.Text.Json.Nodes;
using Insula.Api.Configs;
using Insula.Api.Core;
using Insula.Api.Json;
using Insula.Api.Manifests;

namespace Insula.Api.Tests.Configs;

public sealed class ConfigValidationTests
{
    [Theory]
    [InlineData("data: {a: x, B-c_d.e: z}", "")]
    [InlineData("data: {'a/b': x}", "data[a/b]: Invalid value: \"a/b\": a valid config key must consist of")]
    [InlineData("data: {'..': x}", "must not be '..'")]
    [InlineData("data: {'.': x}", "must not be '.'")]
    [InlineData("data: {'..x': x}", "must not start with '..'")]
    [InlineData("data: {a: x}, binaryData: {a: AAE=}", "data[a]: Invalid value: \"a\": duplicate of key present in binaryData")]
    [InlineData("binaryData: {a: 'no base64'}", "binaryData[a]: Invalid value: \"<not shown>\": must be bytes in base64; for text use data")]
    [InlineData("data: {a: 5}", "data[a]: expected a string, found the number 5; put it in quotes")]
    [InlineData("dato: {}", "unknown field, did you mean \"data\"?")]
    public void Config_maps(string body, string expected) => Check(expected, Problems("ConfigMap", body));

    [Theory]
    [InlineData("stringData: {a: hush}", "")]
    [InlineData("data: {a: hush!}", "data[a]: Invalid value: \"<not shown>\": must be bytes in base64; for text use stringData")]
    [InlineData("stringData: {a: 31337}", "stringData[a]: expected a string, found something else, which is not shown; put it in quotes")]
    [InlineData("data: [31337]", "data: expected a map, found something else, which is not shown")]
    [InlineData("type: kubernetes.io/tls, stringData: {tls.crt: x}", "data[tls.key]: Required value")]
    [InlineData("type: kubernetes.io/basic-auth", "data[username]: Required value")]
    [InlineData("type: kubernetes.io/ssh-auth", "data[ssh-privatekey]: Required value")]
    [InlineData("type: kubernetes.io/dockerconfigjson, stringData: {.dockerconfigjson: hush}", "data[.dockerconfigjson]: Invalid value: \"<not shown>\": must be JSON")]
    [InlineData("type: kubernetes.io/service-account-token", "metadata.annotations[kubernetes.io/service-account.name]: Required value")]
    public void Secrets_and_no_message_shows_a_value(string body, string expected)
    {
        var problems = Problems("Secret", body);
        Check(expected, problems);
        Assert.DoesNotContain("31337", problems, StringComparison.Ordinal);
        Assert.DoesNotContain("hush", problems, StringComparison.Ordinal);
    }

    [Fact]
    public void Texts_become_data_and_win_over_it()
    {
        var secret = ApiJson.Read<Secret>(SecretDefaults.Apply(Document("Secret", "data: {a: AAE=, b: AAE=}, stringData: {a: hush}")));
        Assert.Equal((SecretTypes.Opaque, "aHVzaA==", "AAE="), (secret.Type, secret.Data["a"], secret.Data["b"]));
    }

    [Fact]
    public void A_mebibyte_is_the_most()
    {
        var map = new ConfigMap { Metadata = new() { Name = "m", Namespace = "default" }, Data = new Dictionary<string, string> { ["a"] = new string('x', 1024 * 1024) } };
        Assert.Empty(ConfigMapValidation.Validate(map));
        map = map with { BinaryData = new Dictionary<string, string> { ["b"] = "AA==" } };
        Assert.Contains("must have at most 1048576 bytes", Assert.Single(ConfigMapValidation.Validate(map)).ToString(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("immutable: true, data: {a: x}", "immutable: true, data: {a: x}", "")]
    [InlineData("immutable: true, data: {a: x}", "immutable: true, data: {a: y}", "data: Forbidden: field is immutable when `immutable` is set")]
    [InlineData("immutable: true, data: {a: x}", "immutable: false, data: {a: x}", "immutable: Forbidden: field is immutable when `immutable` is set")]
    [InlineData("data: {a: x}", "immutable: true, data: {a: y}", "")]
    public void Immutable_ones_stay_as_they_are(string before, string after, string expected) =>
        Check(expected, string.Join('\n', ConfigMapValidation.ValidateUpdate(Map(before), Map(after)).Select(e => e.ToString())));

    [Fact]
    public void The_type_of_a_secret_stays() => Assert.Contains(
        "type: Invalid value: \"b\": field is immutable",
        Assert.Single(SecretValidation.ValidateUpdate(new Secret { Type = "a" }, new Secret { Type = "b" })).ToString(),
        StringComparison.Ordinal);

    private static void Check(string expected, string problems)
    {
        if (expected.Length == 0)
        {
            Assert.Equal("", problems);
        }

        Assert.Contains(expected, problems, StringComparison.Ordinal);
    }

    private static ConfigMap Map(string body) => ApiJson.Read<ConfigMap>(Document("ConfigMap", body));

    private static JsonObject Document(string kind, string body) =>
        Manifest.Parse($"{{apiVersion: v1, kind: {kind}, metadata: {{name: m, namespace: default}}, {body}}}").Documents[0].Object.DeepClone().AsObject();

    private static string Problems(string kind, string body)
    {
        var parsed = Manifest.Parse($"{{apiVersion: v1, kind: {kind}, metadata: {{name: m, namespace: default}}, {body}}}");
        var wrong = parsed.Problems().ToList();
        if (wrong.Count > 0)
        {
            return string.Join('\n', wrong);
        }

        var document = parsed.Documents[0].Object.DeepClone().AsObject();
        var errors = kind == "Secret"
            ? SecretValidation.Validate(ApiJson.Read<Secret>(SecretDefaults.Apply(document)))
            : ConfigMapValidation.Validate(ApiJson.Read<ConfigMap>(document));
        return string.Join('\n', errors.Select(e => e.ToString()));
    }
}
