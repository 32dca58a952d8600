using Insula.Api.Core;
using Insula.Api.Pods;
using Insula.Api.Values;

namespace Insula.Api.Tests.Pods;

public class PodQosTests
{
    [Theory]
    [InlineData("", "", "BestEffort")]
    [InlineData("cpu=1", "", "Burstable")]
    [InlineData("", "memory=64Mi", "Burstable")]
    [InlineData("", "cpu=1 memory=64Mi", "Guaranteed")]
    [InlineData("cpu=1 memory=64Mi", "cpu=1000m memory=64Mi", "Guaranteed")]
    [InlineData("cpu=500m memory=64Mi", "cpu=1 memory=64Mi", "Burstable")]
    [InlineData("ephemeral-storage=1Gi", "", "BestEffort")]
    public void TheClassFollowsRequestsAndLimits(string requests, string limits, string expected) =>
        Assert.Equal(expected, PodQos.Of(new PodSpec { Containers = [new Container { Resources = new ResourceRequirements { Requests = List(requests), Limits = List(limits) } }] }));

    [Fact]
    public void OneContainerWithoutLimitsMakesThePodBurstable()
    {
        var full = new Container { Resources = new ResourceRequirements { Limits = List("cpu=1 memory=64Mi") } };
        Assert.Equal("Burstable", PodQos.Of(new PodSpec { Containers = [full, new Container()] }));
    }

    [Theory]
    [InlineData("cpu=1 memory=64Mi", "cpu=1 memory=64Mi", "Guaranteed")]
    [InlineData("", "cpu=1 memory=64Mi", "Guaranteed")]
    [InlineData("cpu=1", "", "Burstable")]
    [InlineData("", "", "BestEffort")]
    public void WhatThePodSaysAsAWholeDecides(string requests, string limits, string expected)
    {
        var whole = new ResourceRequirements { Requests = List(requests), Limits = List(limits) };
        Assert.Equal(expected, PodQos.Of(new PodSpec { Resources = whole, Containers = [new Container()] }));
    }

    private static Dictionary<string, Quantity> List(string text) => text.Split(' ', StringSplitOptions.RemoveEmptyEntries)
        .Select(p => p.Split('=')).ToDictionary(p => p[0], p => Quantity.Parse(p[1]));
}
