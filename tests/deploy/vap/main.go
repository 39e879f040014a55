// SPDX-License-Identifier: MIT
// vap_check POLICY.yaml...: what kube-apiserver's own ValidatingAdmissionPolicy plugin says of admission requests.
//
// The plugin is upstream's, whole: match rules, match conditions, bindings, the look-up of parameters, CEL with its
// cost limits, failurePolicy. Only the storage behind its informers is in memory. Requests come as JSON lines on
// standard input, answers leave as JSON lines in the same order.
//
//	{"name": "...", "operation": "CREATE", "resource": "deployments", "subResource": "scale", "namespace": "...",
//	 "object": {...}, "oldObject": {...}, "configMaps": [{...}]}
//	{"name": "...", "denied": true, "message": "..."}
//
// A request's "configMaps" replace those of the files: that is how parameters go missing or turn bad.
package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"sync"
	"time"

	admissionregistration "k8s.io/api/admissionregistration/v1"
	core "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	utilyaml "k8s.io/apimachinery/pkg/util/yaml"
	"k8s.io/apiserver/pkg/admission"
	"k8s.io/apiserver/pkg/admission/plugin/policy/validating"
	"k8s.io/apiserver/pkg/authentication/user"
	"k8s.io/apiserver/pkg/authorization/authorizer"
	dynamicfake "k8s.io/client-go/dynamic/fake"
	"k8s.io/client-go/informers"
	"k8s.io/client-go/kubernetes/fake"
	"k8s.io/client-go/kubernetes/scheme"
	"k8s.io/klog/v2"
	"sigs.k8s.io/yaml"
)

type request struct {
	Name        string           `json:"name"`
	Operation   string           `json:"operation"`
	Resource    string           `json:"resource"`
	SubResource string           `json:"subResource"`
	Namespace   string           `json:"namespace"`
	Object      map[string]any   `json:"object"`
	OldObject   map[string]any   `json:"oldObject"`
	ConfigMaps  []core.ConfigMap `json:"configMaps"`
}

type answer struct {
	Name    string `json:"name"`
	Denied  bool   `json:"denied"`
	Message string `json:"message,omitempty"`
}

// nobody answers the authorizer calls of CEL, which the policies under test do not make.
type nobody struct{}

func (nobody) Authorize(context.Context, authorizer.Attributes) (authorizer.Decision, string, error) {
	return authorizer.DecisionNoOpinion, "", nil
}

// read decodes every document of the files, strictly: an unknown field is an error, as with kubectl's validation.
func read(paths []string) (policies []runtime.Object, maps []core.ConfigMap, err error) {
	for _, path := range paths {
		text, err := os.ReadFile(path)
		if err != nil {
			return nil, nil, err
		}
		documents := utilyaml.NewYAMLReader(bufio.NewReader(bytes.NewReader(text)))
		for {
			document, err := documents.Read()
			if errors.Is(err, io.EOF) {
				break
			}
			if err != nil {
				return nil, nil, fmt.Errorf("%s: %w", path, err)
			}
			var head metav1.TypeMeta
			if err := yaml.Unmarshal(document, &head); err != nil {
				return nil, nil, fmt.Errorf("%s: %w", path, err)
			}
			var into runtime.Object
			switch head.APIVersion + " " + head.Kind {
			case " ", "v1 Namespace": // comments alone; and namespaces are made as requests name them
				continue
			case "admissionregistration.k8s.io/v1 ValidatingAdmissionPolicy":
				into = &admissionregistration.ValidatingAdmissionPolicy{}
			case "admissionregistration.k8s.io/v1 ValidatingAdmissionPolicyBinding":
				into = &admissionregistration.ValidatingAdmissionPolicyBinding{}
			case "v1 ConfigMap":
				into = &core.ConfigMap{}
			default:
				return nil, nil, fmt.Errorf("%s: %s %q is not for this program", path, head.APIVersion, head.Kind)
			}
			if err := yaml.UnmarshalStrict(document, into); err != nil {
				return nil, nil, fmt.Errorf("%s: %w", path, err)
			}
			if configMap, ok := into.(*core.ConfigMap); ok {
				maps = append(maps, *configMap)
			} else {
				defaults(into)
				policies = append(policies, into)
			}
		}
	}
	if len(policies) == 0 {
		return nil, nil, errors.New("no policy in the files")
	}
	return policies, maps, nil
}

// kinds that requests may be about, and how the API server names their resources.
var kinds = map[string]schema.GroupVersionResource{
	"HorizontalPodAutoscaler": {Group: "autoscaling", Resource: "horizontalpodautoscalers"},
	"ScaledObject":            {Group: "keda.sh", Resource: "scaledobjects"},
	"Deployment":              {Group: "apps", Resource: "deployments"},
	"Scale":                   {Group: "apps", Resource: "deployments"},
	"ConfigMap":               {Group: "", Resource: "configmaps"},
}

func attributes(r request) (admission.Attributes, error) {
	object := &unstructured.Unstructured{Object: r.Object}
	gvk := object.GroupVersionKind()
	resource := schema.GroupVersionResource{Group: gvk.Group, Version: gvk.Version, Resource: strings.ToLower(gvk.Kind) + "s"}
	if known, ok := kinds[gvk.Kind]; ok {
		resource.Resource = known.Resource
		if gvk.Kind == "Scale" {
			resource.Group, resource.Version = known.Group, "v1"
		}
	}
	if r.Resource != "" {
		resource.Resource = r.Resource
	}
	namespace := r.Namespace
	if namespace == "" {
		namespace = object.GetNamespace()
	}
	// An interface that holds a nil pointer is not nil: CREATE has no old object at all.
	var old, options runtime.Object
	switch admission.Operation(r.Operation) {
	case admission.Create:
		options = &metav1.CreateOptions{}
	case admission.Update:
		options = &metav1.UpdateOptions{}
	default:
		return nil, fmt.Errorf("%s: operation %q", r.Name, r.Operation)
	}
	if r.OldObject != nil {
		old = &unstructured.Unstructured{Object: r.OldObject}
	}
	return admission.NewAttributesRecord(object, old, gvk, namespace, object.GetName(), resource, r.SubResource,
		admission.Operation(r.Operation), options, false, &user.DefaultInfo{Name: "someone"}), nil
}

// defaults are those that the API server writes into what is stored, as far as the plugin counts on them.
func defaults(object runtime.Object) {
	all := func(match *admissionregistration.MatchResources) {
		if match == nil {
			return
		}
		if match.NamespaceSelector == nil {
			match.NamespaceSelector = &metav1.LabelSelector{}
		}
		if match.ObjectSelector == nil {
			match.ObjectSelector = &metav1.LabelSelector{}
		}
		if match.MatchPolicy == nil {
			equivalent := admissionregistration.Equivalent
			match.MatchPolicy = &equivalent
		}
	}
	switch object := object.(type) {
	case *admissionregistration.ValidatingAdmissionPolicy:
		all(object.Spec.MatchConstraints)
	case *admissionregistration.ValidatingAdmissionPolicyBinding:
		all(object.Spec.MatchResources)
	}
}

// start is a plugin with these policies and ConfigMaps in store, ready to be asked about one namespace.
func start(ctx context.Context, policies []runtime.Object, maps []core.ConfigMap, name string) (*validating.Plugin, error) {
	namespace := &core.Namespace{ObjectMeta: metav1.ObjectMeta{
		Name: name, Labels: map[string]string{"kubernetes.io/metadata.name": name}}}
	objects := append([]runtime.Object{namespace}, policies...)
	for i := range maps {
		objects = append(objects, &maps[i])
	}
	client := fake.NewSimpleClientset(objects...)
	factory := informers.NewSharedInformerFactory(client, 0)
	mapper := meta.NewDefaultRESTMapper([]schema.GroupVersion{core.SchemeGroupVersion})
	mapper.Add(core.SchemeGroupVersion.WithKind("ConfigMap"), meta.RESTScopeNamespace)

	plugin, err := validating.NewPlugin(nil)
	if err != nil {
		return nil, err
	}
	plugin.SetExternalKubeClientSet(client)
	plugin.SetExternalKubeInformerFactory(factory)
	plugin.SetDynamicClient(dynamicfake.NewSimpleDynamicClient(scheme.Scheme))
	plugin.SetRESTMapper(mapper)
	plugin.SetDrainedNotification(ctx.Done())
	plugin.SetUnconditionalAuthorizer(nobody{})
	if err := plugin.ValidateInitialization(); err != nil {
		return nil, err
	}
	factory.Start(ctx.Done())
	factory.WaitForCacheSync(ctx.Done())
	for deadline := time.Now().Add(20 * time.Second); !plugin.WaitForReady(); {
		if time.Now().After(deadline) {
			return nil, errors.New("the plugin did not become ready")
		}
	}
	return plugin, nil
}

func run() error {
	policies, maps, err := read(os.Args[1:])
	if err != nil {
		return err
	}
	requests, err := decode(os.Stdin)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()

	// One plugin for each namespace and set of ConfigMaps. They start all at once: each waits for its informers.
	attrs := make([]admission.Attributes, len(requests))
	keys := make([]string, len(requests))
	plugins := map[string]*validating.Plugin{}
	var starting sync.WaitGroup
	var lock sync.Mutex
	var failed error
	for i, r := range requests {
		if attrs[i], err = attributes(r); err != nil {
			return err
		}
		stored := maps
		if r.ConfigMaps != nil {
			stored = r.ConfigMaps
		}
		namespace := attrs[i].GetNamespace()
		text, _ := json.Marshal(stored)
		keys[i] = namespace + " " + string(text)
		lock.Lock()
		_, known := plugins[keys[i]]
		if !known {
			plugins[keys[i]] = nil
		}
		lock.Unlock()
		if known {
			continue
		}
		starting.Add(1)
		go func() {
			defer starting.Done()
			plugin, err := start(ctx, policies, stored, namespace)
			lock.Lock()
			defer lock.Unlock()
			plugins[keys[i]] = plugin
			if err != nil {
				failed = err
			}
		}()
	}
	starting.Wait()
	if failed != nil {
		return failed
	}

	out := json.NewEncoder(os.Stdout)
	out.SetEscapeHTML(false)
	for i, r := range requests {
		a := answer{Name: r.Name}
		err := plugins[keys[i]].Validate(ctx, attrs[i], admission.NewObjectInterfacesFromScheme(scheme.Scheme))
		if err != nil {
			a.Denied, a.Message = true, err.Error()
		}
		if err := out.Encode(a); err != nil {
			return err
		}
	}
	return nil
}

func decode(text io.Reader) (requests []request, err error) {
	in := json.NewDecoder(text)
	for {
		var r request
		if err := in.Decode(&r); errors.Is(err, io.EOF) {
			return requests, nil
		} else if err != nil {
			return nil, err
		}
		// JSON numbers are int64 or float64 in the API server, never float64 alone.
		for _, object := range []*map[string]any{&r.Object, &r.OldObject} {
			if *object != nil {
				text, _ := json.Marshal(*object)
				var u unstructured.Unstructured
				if err := u.UnmarshalJSON(text); err != nil {
					return nil, fmt.Errorf("%s: %w", r.Name, err)
				}
				*object = u.Object
			}
		}
		requests = append(requests, r)
	}
}

func main() {
	klog.LogToStderr(false)
	klog.SetOutput(io.Discard)
	if err := run(); err != nil {
		fmt.Fprintln(os.Stderr, "vap_check:", err)
		os.Exit(2)
	}
}
