using Insula.Api.Pods;

namespace Insula.Api.Tests.Pods;

public sealed class SELinuxOptionsTests
{
    [Theory]
    [InlineData("{}")]
    [InlineData("{level: 's0:c123,c456'}")]
    [InlineData("{level: 's0-s0:c0.c1023', type: container_t, user: system_u, role: system_r}")]
    [InlineData("{type: ''}")]
    public void A_context_s_parts_are_read(string options) => Assert.Empty(Errors(options));

    [Theory]
    [InlineData("{type: 'a:b'}", "type: Invalid value: \"a:b\": must consist of letters, digits, '_', '-', '.'")]
    [InlineData("{user: 'a b'}", "user: Invalid value: \"a b\": must consist of letters, digits, '_', '-', '.'")]
    [InlineData("{role: 'a,b'}", "role: Invalid value: \"a,b\": must consist of letters, digits, '_', '-', '.'")]
    [InlineData("{level: 's0\"'}", "level: Invalid value: \"s0\\\"\": must consist of letters, digits, '_', '-', '.', ':' and ','")]
    [InlineData("{level: \"s0\\n\"}", "level: Invalid value: \"s0\\n\": must consist of letters, digits, '_', '-', '.', ':' and ','")]
    public void What_could_not_be_in_a_context_is_refused(string options, string error) => Assert.Equal(
        ["spec.containers[0].securityContext.seLinuxOptions." + error, "spec.securityContext.seLinuxOptions." + error], Errors(options));

    private static IEnumerable<string> Errors(string options) => PodValidation
        .Validate(PodDefaults.Apply(PodValidationTests.Pod(
            $"{{securityContext: {{seLinuxOptions: {options}}}, containers: [{{name: a, image: 'b:1', securityContext: {{seLinuxOptions: {options}}}}}]}}")))
        .Select(e => e.ToString());
}
