"""The tables of callables: what published lists deny is denied, what honest files hold is not."""

from __future__ import annotations

import sys
import tomllib
from importlib import resources

import pytest
from hypothesis import given
from hypothesis import strategies as st

from trustaudit.knowledge.pickle_globals import Grade, Level, load_globals

TABLE = load_globals()


def words(text: str) -> list[str]:
    return text.split()


DENIED_MODULES = words("""
os posix nt subprocess sys pty commands multiprocessing _posixsubprocess signal _signal threading _thread atexit
resource platform syslog pexpect pipes imp runpy code codeop cProfile profile pdb bdb timeit trace doctest marshal
py_compile compileall _interpreters _xxsubinterpreters test unittest site importlib _frozen_importlib
_frozen_importlib_external _imp pkgutil zipimport gc inspect operator _operator shutil tempfile glob fileinput
filecmp linecache difflib mmap tarfile zipfile shelve sqlite3 _sqlite3 dbm distutils socket ssl http httplib urllib
urllib2 requests aiohttp asyncio smtplib imaplib ftplib poplib telnetlib nntplib xmlrpc socketserver select
selectors webbrowser ctypes _ctypes cffi numpy.ctypeslib _winapi _bootsubprocess pickle _pickle dill cloudpickle pip
ensurepip venv pydoc idlelib lib2to3 _pyrepl _osx_support _aix_support torch.hub torch._dynamo torch._inductor
torch.fx.experimental.symbolic_shapes torch.utils._config_module torch.utils.bottleneck torch.utils.collect_env
torch.distributed.rpc torch.distributed.elastic.rendezvous numpy.f2py numpy.testing._private.utils numpy.distutils
numpy.lib.npyio numpy.lib.format pandas.io scipy.io sklearn.externals fickling picklescan modelscan modelaudit
saferpickle model_unpickler
""")
"""Union of the published deny lists of picklescan 1.0.5, modelscan 0.8, fickling 0.1.12 and modelaudit 0.2."""

DENIED_NAMES = words("""
builtins.eval builtins.exec builtins.compile builtins.open builtins.getattr builtins.setattr builtins.delattr
builtins.__import__ builtins.input builtins.breakpoint builtins.globals builtins.locals builtins.vars
__builtin__.apply __builtin__.execfile __builtin__.file functools.partial functools.reduce types.CodeType
types.FunctionType types.MethodType operator.attrgetter operator.itemgetter operator.methodcaller _io.FileIO io.open
io.open_code logging.FileHandler logging.config.fileConfig logging.config.dictConfig codecs.open
uuid._get_command_stdout uuid._popen torch.load torch.compile torch.serialization.load torch.jit.load
torch.jit.annotations.parse_type_line torch.jit.unsupported_tensor_ops.execWrapper
torch.utils.data.datapipes.utils.decoder.basichandlers numpy.load numpy.memmap pandas.read_pickle pandas.eval
joblib.load joblib.numpy_pickle.load cloudpickle.loads dill.loads cloudpickle.cloudpickle._make_function
cloudpickle.cloudpickle._builtin_type cloudpickle.cloudpickle.subimport cloudpickle.cloudpickle._function_setstate
numba.cloudpickle.cloudpickle._make_function joblib.externals.cloudpickle.cloudpickle._make_function
joblib.externals.cloudpickle.loads torch.nn.modules.module.Popen sklearn.base.system timm.layers.eval
__main__.import_module torch.fx.graph_module.reduce_graph_module torch.nn.modules.module.os numpy.core.getset.exec
keras.models.load_model tensorflow.keras.models.load_model
transformers.dynamic_module_utils.get_class_from_dynamic_module _ctypes.dlopen
""")

HONEST = words("""
collections.OrderedDict collections.Counter collections.defaultdict collections.deque builtins.set
builtins.frozenset builtins.bytearray builtins.complex builtins.object builtins.range builtins.slice builtins.int
builtins.len builtins.print builtins.hash builtins.max copyreg._reconstructor _codecs.encode datetime.datetime
datetime.timedelta decimal.Decimal fractions.Fraction uuid.UUID pathlib.PosixPath pathlib.WindowsPath
argparse.Namespace types.SimpleNamespace re._compile torch.Size torch.Tensor torch.device torch.float32
torch.float8_e4m3fn torch.bfloat16 torch.FloatStorage torch.Generator torch.cuda.HalfStorage
torch.storage.UntypedStorage torch.storage.TypedStorage torch.nn.parameter.Parameter torch._utils._rebuild_tensor_v2
torch._utils._rebuild_parameter torch._utils._rebuild_qtensor torch._utils._rebuild_sparse_tensor
torch._tensor._rebuild_from_type_v2 torch.serialization._get_layout torch.storage._load_from_bytes
torch.per_channel_affine torch.torch_version.TorchVersion numpy.dtype numpy.ndarray numpy.float64 numpy.bool_
numpy.core.multiarray._reconstruct numpy._core.multiarray._reconstruct numpy.core.multiarray.scalar
numpy._core.numeric._frombuffer numpy.random._pickle.__randomstate_ctor numpy.random._pickle.__generator_ctor
numpy.random._mt19937.MT19937 numpy.dtypes.Float64DType numpy.ma.core._mareconstruct
joblib.numpy_pickle.NumpyArrayWrapper scipy.sparse._csr.csr_matrix pandas.core.frame.DataFrame pandas.DataFrame
pandas.Index pandas._libs.internals._unpickle_block tokenizers.Tokenizer
""")
"""What state dicts, arrays and plain data consist of; listed from files that the libraries themselves wrote."""

OF_LIBRARIES = words("""
torch.nn.modules.linear.Linear torch.nn.modules.container.Sequential torch.optim.adamw.AdamW
torch.optim.lr_scheduler.LambdaLR torch.distributions.normal.Normal torch._C._nn.gelu torch.nn.functional.relu
torch.ao.quantization.observer.MinMaxObserver torchvision.models.resnet.ResNet timm.models.resnet.ResNet
transformers.training_args.TrainingArguments transformers.training_args.OptimizerNames
transformers.trainer_utils.IntervalStrategy transformers.trainer_pt_utils.AcceleratorConfig
transformers.integrations.deepspeed.HfTrainerDeepSpeedConfig accelerate.state.PartialState
accelerate.utils.dataclasses.DistributedType trl.trainer.sft_config.SFTConfig alignment.configs.SFTConfig
sentence_transformers.training_args.BatchSamplers ultralytics.nn.tasks.DetectionModel
ultralytics.utils.loss.v8DetectionLoss ultralytics.nn.modules.conv.Conv ultralytics.utils.IterableSimpleNamespace
models.yolo.Model models.common.Conv fastai.learner.Learner fastcore.foundation.L fasttransform.transform.Pipeline
sklearn.linear_model._logistic.LogisticRegression sklearn.tree._tree.Tree sklearn._loss.link.LogitLink
sklearn.neighbors._kd_tree.newObj sklearn.ensemble._hist_gradient_boosting.predictor.TreePredictor
scipy.stats._distn_infrastructure.rv_continuous_frozen scipy.interpolate._bsplines.BSpline xgboost.core.Booster
xgboost.sklearn.XGBClassifier lightgbm.basic.Booster lightgbm.sklearn.LGBMClassifier
catboost.core.CatBoostClassifier imblearn.pipeline.Pipeline category_encoders.ordinal.OrdinalEncoder
omegaconf.dictconfig.DictConfig omegaconf.base.ContainerMetadata omegaconf.nodes.AnyNode
pytorch_lightning.callbacks.model_checkpoint.ModelCheckpoint pyannote.audio.core.task.Specifications
speechbrain.dataio.encoder.CategoricalEncoder fairseq.data.dictionary.Dictionary joblib.memory.Memory
gensim.models.word2vec.Word2Vec statsmodels.regression.linear_model.OLS
stable_baselines3.common.policies.ActorCriticPolicy gymnasium.spaces.box.Box spacy.vocab.Vocab flair.data.Dictionary
hdbscan.hdbscan_.HDBSCAN umap.umap_.UMAP torch_geometric.data.data.Data
""")

LOOKALIKES = words("""
torch.nnx.Linear torchvisionx.models.A sklearn2.tree.T numpyx.dtype collectionsx.OrderedDict transformers_.A
ossystem.x fastaix.learner.Learner __main__.TrainingArguments
""")


def judged(qualified: str) -> Level:
    module, _, name = qualified.rpartition(".")
    return TABLE.judge(module, name).level


@pytest.mark.parametrize("module", DENIED_MODULES)
def test_modules_of_deny_lists(module: str) -> None:
    for name in ("anything", "Some_Class", "a.b"):
        assert TABLE.judge(module, name).level is Level.DENY
        assert TABLE.judge(f"{module}.submodule", name).level is Level.DENY


@pytest.mark.parametrize("qualified", DENIED_NAMES)
def test_names_of_deny_lists(qualified: str) -> None:
    assert judged(qualified) is Level.DENY


@pytest.mark.parametrize("qualified", HONEST)
def test_plain_data(qualified: str) -> None:
    assert judged(qualified) is Level.DATA


@pytest.mark.parametrize("qualified", OF_LIBRARIES)
def test_libraries(qualified: str) -> None:
    module, _, name = qualified.rpartition(".")
    found = TABLE.judge(module, name)
    assert found.level is Level.LIBRARY
    assert found.library
    assert found.design == module.startswith("fast")


@pytest.mark.parametrize("qualified", LOOKALIKES)
def test_lookalikes_are_unknown(qualified: str) -> None:
    assert judged(qualified) is Level.UNKNOWN


@pytest.mark.parametrize("module", sorted(name for name in sys.stdlib_module_names if name.startswith("_")))
def test_private_modules_of_the_standard_library(module: str) -> None:
    if module not in ("__future__", "_codecs"):
        assert TABLE.judge(module, "function").level is Level.DENY


@pytest.mark.parametrize("module", sorted(sys.stdlib_module_names))
def test_standard_library_is_never_merely_a_library(module: str) -> None:
    found = TABLE.judge(module, "some_function")
    assert found.level in (Level.DENY, Level.UNKNOWN)
    assert found.level is Level.DENY or found.stdlib


@given(st.text(max_size=30), st.text(max_size=30))
def test_anything_is_judged(module: str, name: str) -> None:
    assert TABLE.judge(module, name).level in Level


@given(st.sampled_from(HONEST + OF_LIBRARIES), st.sampled_from(["os", "sys", "__init__", "__globals__", "x"]))
def test_no_path_leads_on_from_what_is_allowed(qualified: str, attribute: str) -> None:
    module, _, name = qualified.rpartition(".")
    assert TABLE.judge(module, f"{name}.{attribute}").level in (Level.DENY, Level.UNKNOWN)


def test_unresolved_names_are_unknown() -> None:
    assert TABLE.judge(None, "system").level is Level.UNKNOWN
    assert TABLE.judge("os", None).level is Level.UNKNOWN


def test_grades() -> None:
    assert TABLE.judge("builtins", "getattr").grade is Grade.INDIRECT
    assert TABLE.judge("cloudpickle.cloudpickle", "_make_function").grade is Grade.DESIGN
    assert TABLE.judge("cloudpickle", "loads").grade is Grade.EXECUTE
    assert TABLE.judge("os", "system").grade is Grade.EXECUTE


@pytest.mark.parametrize(
    "path",
    ["training_args.bin", "checkpoint-5/optimizer.pt", "scheduler.pt", "rng_state.pth", "rng_state_3.pth", "scaler.pt"],
)
def test_training_files(path: str) -> None:
    assert TABLE.is_training_file(path)


@pytest.mark.parametrize("path", ["pytorch_model.bin", "model.pt", "not_training_args.bin.zip", "optimizer.py"])
def test_other_files(path: str) -> None:
    assert not TABLE.is_training_file(path)


@pytest.mark.parametrize("name", ["data.toml", "deny.toml", "libraries.toml"])
def test_tables_name_their_sources(name: str) -> None:
    text = (resources.files("trustaudit.knowledge") / "pickle" / name).read_text(encoding="utf-8")
    assert text.startswith("#")
    assert "Reviewed 20" in text
    assert tomllib.loads(text)
